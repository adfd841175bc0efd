import {
  formatLine,
  parseLine,
  type ContentLine,
  type Param,
} from "../content-line/content-line.ts";
import { escapeText, splitEscaped, unescapeText } from "../content-line/escape.ts";
import { encodeQuotedPrintable } from "../content-line/quoted-printable.ts";
import type { ContentTraits } from "../peer/content-traits.ts";
import { escape21 } from "./escape21.ts";
import { derivedName } from "./derived-name.ts";
import { isBase64, valueKind } from "./value-kind.ts";

const MAX_LINE = 76;
const SOFT_BREAK = "=\r\n";
const PLAIN = /^[ -~\t]*$/;
/** Words that 2.1 may write bare without being read as an encoding or a value type. */
const RESERVED = /^(?:7BIT|8BIT|B|BASE64|QUOTED-PRINTABLE|INLINE|URL|CONTENT-ID|CID)$/i;
const BARE = /^[A-Za-z0-9-]+$/;

const types21 = (value: string): readonly Param[] =>
  value
    .replaceAll('"', "")
    .split(",")
    .map((type) =>
      BARE.test(type) && !RESERVED.test(type)
        ? { name: type.toUpperCase() }
        : { name: "TYPE", value: type },
    );

const params21 = (params: readonly Param[]): readonly Param[] =>
  params.flatMap((param): readonly Param[] => {
    if (param.name === "CHARSET") return [];
    if (isBase64(param)) return [{ name: "ENCODING", value: "BASE64" }];
    if (param.name === "TYPE") return types21(param.value ?? "");
    if (param.name === "VALUE" && /^uri$/i.test(param.value ?? "")) {
      return [{ name: "VALUE", value: "URL" }];
    }
    return [param];
  });

/** `\n` as a line break; every other escape stays. */
const breaksUnescaped = (value: string): string =>
  value.replace(/\\(.)/g, (pair, char: string) => (char === "n" || char === "N" ? "\n" : pair));

const mapped = (value: string, separator: ";" | ","): string =>
  splitEscaped(value, separator)
    .map((part) => escape21(unescapeText(part), separator))
    .join(separator);

/** A raw 3.0 value as 2.1 text with real line breaks. */
function value21(line: ContentLine): string {
  const { value } = line;
  switch (valueKind(line)) {
    case "structured":
      return mapped(value, ";");
    case "list":
      return mapped(value, ",");
    case "text":
      return escape21(unescapeText(value));
    case "binary":
      return value.replace(/\s+/g, "");
    case "geo":
      return value.replace(/^([^,;]*);([^,;]*)$/, "$1,$2");
    case "verbatim":
      return breaksUnescaped(value);
  }
}

/** Base64 in indented lines, ended by a blank one. */
const binaryLine = (line: ContentLine, head: string, isOneLine: boolean): string => {
  if (isOneLine) return `${head}${line.value}\r\n\r\n`;
  const chunks = line.value.match(/.{1,74}/g) ?? [];
  return `${head}${chunks.map((chunk) => `\r\n ${chunk}`).join("")}\r\n\r\n`;
};

const line21 = (line30: ContentLine, isOneLine: boolean): string => {
  const line = { ...line30, params: params21(line30.params), value: value21(line30) };
  const head = formatLine({ ...line, value: "" });
  if (valueKind(line30) === "binary") return binaryLine(line, head, isOneLine);
  const isPlain = PLAIN.test(line.value) && !line.value.endsWith(" ");
  const isUri = valueKind(line30) === "verbatim";
  if (isPlain && (isUri || isOneLine || head.length + line.value.length <= MAX_LINE)) {
    return `${head}${line.value}\r\n`;
  }
  const quoted = [...line.params, { name: "ENCODING", value: "QUOTED-PRINTABLE" }];
  const isAscii = /^[\t\r\n -~]*$/.test(line.value);
  const params = isAscii ? quoted : [...quoted, { name: "CHARSET", value: "UTF-8" }];
  const encodedHead = formatLine({ ...line, params, value: "" });
  const quotedValue = encodeQuotedPrintable(line.value, encodedHead.length);
  return `${encodedHead}${isOneLine ? quotedValue.replaceAll(SOFT_BREAK, "") : quotedValue}\r\n`;
};

/** A card inside AGENT stands as lines of its own in 2.1. */
const agentLine = (line: ContentLine): string | undefined => {
  const text = line.name === "AGENT" ? unescapeText(line.value) : "";
  if (!/^BEGIN:VCARD\n/i.test(text)) return undefined;
  return `${formatLine({ ...line, value: "" })}\r\n${text.replaceAll("\n", "\r\n")}\r\n`;
};

/** Adds N and FN, which phones demand, where a 3.0 card lacks them. */
const completed = (lines: readonly ContentLine[]): readonly ContentLine[] => {
  const has = (name: string): boolean => lines.some((line) => line.name === name);
  const added: ContentLine[] = [];
  if (!has("N")) added.push({ name: "N", params: [], value: ";;;;" });
  if (!has("FN")) added.push({ name: "FN", params: [], value: escapeText(derivedName(lines)) });
  return [...added, ...lines];
};

/** The lines of a vCard 3.0 (unfolded) as the text of a vCard 2.1: UTF-8, quoted-printable where a value is not ASCII,
 * has line breaks or is long, types as bare words. `fromVcard21` reads it back without loss. Bad lines stay as they are.
 * With `noFolding` a property is one line, however long. */
export function toVcard21(
  lines30: readonly string[],
  { noFolding = false }: Pick<ContentTraits, "noFolding"> = {},
): string {
  const inner = lines30.slice(1, -1);
  const lines = inner.map(parseLine).filter((line) => line !== undefined);
  const bad = inner.filter((line) => parseLine(line) === undefined).map((line) => `${line}\r\n`);
  const body = completed(lines.filter((line) => line.name !== "VERSION")).map(
    (line) => agentLine(line) ?? line21(line, noFolding),
  );
  return ["BEGIN:VCARD\r\nVERSION:2.1\r\n", ...body, ...bad, "END:VCARD\r\n"].join("");
}
