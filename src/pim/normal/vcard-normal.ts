import { linesNamed, type Component } from "../content-line/component.ts";
import { paramValues, type ContentLine } from "../content-line/content-line.ts";
import { splitEscaped, unescapeText } from "../content-line/escape.ts";
import { derivedName } from "../vcard/derived-name.ts";
import { params30 } from "../vcard/from-vcard21.ts";
import { valueKind } from "../vcard/value-kind.ts";
import { asSet, comparableText, lineKey, sorted, type CanonicalLine } from "./canonical-line.ts";
import { ONE_OF_SEVERAL, sameName } from "./same-name.ts";
import { isVolatile, isVolatileParam } from "./volatile.ts";

/** Types that a property has when it names none (RFC 2426 3.2.1, 3.3.1, 3.3.2). */
const DEFAULT_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ["TEL", ["voice"]],
  ["EMAIL", ["internet"]],
  ["ADR", ["intl", "postal", "parcel"]],
  ["LABEL", ["intl", "postal", "parcel"]],
]);

/** The TYPE of these names a file format, which the data itself shows. */
const BINARY = new Set(["PHOTO", "LOGO", "SOUND", "KEY"]);
const DATES = new Set(["BDAY", "X-ANNIVERSARY"]);

const typesOf = (line: ContentLine): readonly string[] => {
  if (BINARY.has(line.name)) return [];
  const defaults = DEFAULT_TYPES.get(line.name) ?? [];
  const types = paramValues(line, "TYPE").map((type) => type.toLowerCase());
  return asSet(types.filter((type) => !defaults.includes(type)));
};

/** The parameters of a line of vCard 3.0 that say something, without default types. */
export const vcardParams = (line: ContentLine): readonly string[] =>
  sorted([
    ...typesOf(line).map((type) => `TYPE=${type}`),
    ...line.params
      .filter(({ name }) => name !== "TYPE" && !isVolatileParam(name))
      .map(({ name, value }) => `${name}=${(value ?? "").replaceAll('"', "")}`),
  ]);

/** `1970-01-31`, `19700131` and midnight of that day are one date, taken as it is written, never shifted. */
const dateValue = (value: string): string =>
  value.replaceAll("-", "").replace(/T(?:00:?00(?::?00)?)?Z?$/i, "");

const withoutTrailingEmpty = (values: readonly string[]): readonly string[] => {
  const last = values.findLastIndex((value) => value !== "");
  return values.slice(0, last + 1);
};

const text = (raw: string): string => comparableText(unescapeText(raw));

/** What a line of vCard 3.0 says, without its parameters. */
export function vcardValues(line: ContentLine): readonly string[] {
  if (DATES.has(line.name)) return [dateValue(line.value.trim())];
  // Some programs take NICKNAME for one text and escape its commas.
  if (line.name === "NICKNAME") return [text(line.value)];
  switch (valueKind(line)) {
    case "geo":
      return withoutTrailingEmpty(text(line.value).split(/[,;]/));
    case "structured":
      return withoutTrailingEmpty(splitEscaped(line.value, ";").map(text));
    case "list":
      return asSet(splitEscaped(line.value, ",").map(text));
    case "binary":
      return [line.value.replace(/[\s\\=]+/g, "")];
    case "text":
    case "verbatim":
      return [text(line.value)];
  }
}

/** Labels that grouped lines of that name give (Apple's `item1.X-ABLABEL`); groups themselves are only names. */
const labelsByGroup = (card: Component): ReadonlyMap<string, string> =>
  new Map(
    linesNamed(card, "X-ABLABEL").map((line) => [
      (line.group ?? "").toLowerCase(),
      text(line.value),
    ]),
  );

const isDerived = (line: ContentLine, card: Component): boolean =>
  line.name === "FN" && text(line.value) === comparableText(derivedName(card.lines));

/** Lines that say nothing new, or that count elsewhere. */
const isLeftOut = (line: ContentLine, card: Component): boolean =>
  isVolatile(line.name) ||
  line.name === "CATEGORIES" ||
  (line.name === "X-ABLABEL" && line.group !== undefined) ||
  isDerived(line, card);

/** The lines of a vCard that a user sees, normalised and in no order: volatile and empty ones are left out, FN too where
 * it only repeats N, CATEGORIES are one set, labels stand at the lines that they label. */
export function normalVcard(card: Component): readonly string[] {
  const labels = labelsByGroup(card);
  const keys: string[] = [];
  for (const raw of card.lines) {
    if (isLeftOut(raw, card)) continue;
    const name = sameName(raw.name);
    const line = canonical({ ...raw, name, params: params30(raw.params) }, labels);
    const key = line === undefined ? undefined : lineKey(line);
    if (key === undefined || (ONE_OF_SEVERAL.has(name) && keys.includes(key))) continue;
    keys.push(key);
  }
  const categories = asSet(
    linesNamed(card, "CATEGORIES").flatMap((line) => splitEscaped(line.value, ",").map(text)),
  );
  if (categories.length > 0) {
    keys.push(lineKey({ name: "CATEGORIES", params: [], values: categories }));
  }
  return sorted(keys);
}

/** A line as a user sees it, its label among the parameters; undefined for an empty one. */
const canonical = (
  line: ContentLine,
  labels: ReadonlyMap<string, string>,
): CanonicalLine | undefined => {
  const values = vcardValues(line);
  if (values.every((value) => value === "")) return undefined;
  const label = line.group === undefined ? undefined : labels.get(line.group.toLowerCase());
  const params = vcardParams(line);
  return {
    name: line.name,
    params: label === undefined ? params : [...params, `LABEL=${label}`],
    values,
  };
};
