import {
  formatLine,
  paramValues,
  parseLine,
  type ContentLine,
} from "../content-line/content-line.ts";
import { splitEscaped } from "../content-line/escape.ts";
import type { ContentTraits } from "./content-traits.ts";

/** @returns the line as it should be; undefined where it should not be at all */
type Change = (line: ContentLine) => ContentLine | undefined;

const REQUIRED = new Set(["N", "FN", "BEGIN", "END", "VERSION"]);
const NOTHING = /^[;,\s]*$/;
const X_CATEGORY = "X-";

/** The lines of a vCard 3.0, unfolded, as a peer wants them; those that nobody can read stay as they are. */
export const contactForPeer = (
  lines: readonly string[],
  traits: ContentTraits,
): readonly string[] => changed(lines, outgoing(traits));

/** The inverse, for lines that came from it: what was put on for it is taken off. */
export const contactFromPeer = (
  lines: readonly string[],
  traits: ContentTraits,
): readonly string[] => changed(lines, incoming(traits));

const outgoing = (traits: ContentTraits): readonly Change[] => [
  ...(traits.omitsEmptyProperties === true ? [withoutEmpty] : []),
  ...(traits.emailInternet === true ? [withInternet] : []),
  ...(traits.photoMimeType === true ? [photoTypes((type) => `image/${type.toLowerCase()}`)] : []),
  ...(traits.categoriesX === true ? [categories((each) => X_CATEGORY + each)] : []),
];

const incoming = (traits: ContentTraits): readonly Change[] => [
  ...(traits.photoMimeType === true
    ? [photoTypes((type) => type.replace(/^image\//i, "").toUpperCase())]
    : []),
  ...(traits.categoriesX === true ? [categories((each) => each.replace(/^X-/i, ""))] : []),
];

function changed(lines: readonly string[], changes: readonly Change[]): readonly string[] {
  if (changes.length === 0) return lines;
  return lines.flatMap((text) => {
    const line = parseLine(text);
    if (line === undefined) return [text];
    const after = changes.reduce<ContentLine | undefined>(
      (each, change) => each && change(each),
      line,
    );
    if (after === line) return [text];
    return after === undefined ? [] : [formatLine(after)];
  });
}

const withoutEmpty: Change = (line) =>
  NOTHING.test(line.value) && !REQUIRED.has(line.name) ? undefined : line;

const withInternet: Change = (line) => {
  const types = paramValues(line, "TYPE").map((type) => type.toUpperCase());
  if (line.name !== "EMAIL" || types.includes("INTERNET")) return line;
  return { ...line, params: [...line.params, { name: "TYPE", value: "INTERNET" }] };
};

const photoTypes =
  (spell: (type: string) => string): Change =>
  (line) => {
    if (line.name !== "PHOTO" || paramValues(line, "TYPE").length === 0) return line;
    const params = line.params.map((param) =>
      param.name === "TYPE" && param.value !== undefined
        ? { ...param, value: spell(param.value) }
        : param,
    );
    return { ...line, params };
  };

const categories =
  (spell: (category: string) => string): Change =>
  (line) => {
    if (line.name !== "CATEGORIES" || line.value === "") return line;
    return { ...line, value: splitEscaped(line.value, ",").map(spell).join(",") };
  };
