import { decodeText } from "../content-line/charset.ts";
import { formatLine, type ContentLine, type Param } from "../content-line/content-line.ts";
import { decodeLine } from "../content-line/decode-line.ts";
import { escapeText, splitEscaped } from "../content-line/escape.ts";
import { derivedName } from "./derived-name.ts";
import { unescape21 } from "./escape21.ts";
import { isBase64, valueKind } from "./value-kind.ts";

const VALUE_WORDS = new Set(["INLINE", "URL", "CONTENT-ID", "CID"]);
const ENCODING_WORDS = new Set(["7BIT", "8BIT", "BASE64", "QUOTED-PRINTABLE"]);

const isEncoding = (param: Param): boolean =>
  param.name === "ENCODING" ? !isBase64(param) : ENCODING_WORDS.has(param.name.toUpperCase());

/** VALUE of 2.1 in the words of 3.0. */
const value30 = (word: string): string => (/^url$/i.test(word) ? "uri" : word.toLowerCase());

/** Type words count without case; a label that somebody typed keeps its own. */
const typeWord = (value: string): string =>
  /^[A-Za-z0-9,-]+$/.test(value) ? value.toUpperCase() : value;

/** Parameters of 2.1 as 3.0 writes them: bare words become one TYPE, base64 becomes ENCODING=b. */
export function params30(params: readonly Param[]): readonly Param[] {
  const types: string[] = [];
  const others: Param[] = [];
  if (params.some(isBase64)) others.push({ name: "ENCODING", value: "b" });
  for (const param of params) {
    if (isBase64(param) || isEncoding(param)) continue;
    if (param.name === "VALUE") others.push({ ...param, value: value30(param.value ?? "") });
    else if (param.name === "TYPE" && param.value !== undefined) types.push(typeWord(param.value));
    else if (param.value !== undefined) others.push(param);
    else if (VALUE_WORDS.has(param.name.toUpperCase())) {
      others.push({ name: "VALUE", value: value30(param.name) });
    } else types.push(param.name.toUpperCase());
  }
  return types.length === 0 ? others : [...others, { name: "TYPE", value: types.join(",") }];
}

const breaksEscaped = (value: string): string => value.replace(/\r\n?|\n/g, "\\n");

/** A decoded 2.1 value (real line breaks, 2.1 escapes) as a raw 3.0 value. */
function value30Of(line: ContentLine): string {
  const { value } = line;
  switch (valueKind(line)) {
    case "structured":
      return splitEscaped(value, ";")
        .map((part) => escapeText(unescape21(part)))
        .join(";");
    case "list":
      return splitEscaped(value, ",")
        .map((part) => escapeText(unescape21(part)))
        .join(",");
    case "text":
      return escapeText(unescape21(value));
    case "binary":
      return value.replace(/\s+/g, "");
    case "geo":
      return value.replace(/^([^,;]*),([^,;]*)$/, "$1;$2");
    case "verbatim":
      return breaksEscaped(value);
  }
}

const line30 = (line: ContentLine): ContentLine => {
  const normal = { ...line, params: params30(line.params) };
  return { ...normal, value: value30Of(normal) };
};

const isBlock = (line: ContentLine | undefined, name: "BEGIN" | "END"): boolean =>
  line?.name === name && /^\s*VCARD\s*$/i.test(line.value);

/** Index of the END of the block that begins at `begin`; the last index if it has none. */
const endOfBlock = (lines: readonly (ContentLine | undefined)[], begin: number): number => {
  let depth = 0;
  for (let at = begin; at < lines.length; at += 1) {
    if (isBlock(lines[at], "BEGIN")) depth += 1;
    else if (isBlock(lines[at], "END") && (depth -= 1) === 0) return at;
  }
  return lines.length - 1;
};

/** Adds what 3.0 demands: VERSION:3.0 after BEGIN, N and FN. */
const completed = (lines: readonly ContentLine[]): readonly ContentLine[] => {
  const has = (name: string): boolean => lines.some((line) => line.name === name);
  const added: ContentLine[] = [{ name: "VERSION", params: [], value: "3.0" }];
  if (!has("N")) added.push({ name: "N", params: [], value: ";;;;" });
  if (!has("FN")) added.push({ name: "FN", params: [], value: escapeText(derivedName(lines)) });
  return [...added, ...lines.filter((line) => line.name !== "VERSION")];
};

/** Lines of a vCard 2.1 (one char per byte, unfolded) as the lines of a vCard 3.0, in order. Nothing is dropped: a card
 * inside AGENT becomes that property's text, bad lines stay as they are behind the properties.
 * @see versit vCard 2.1; RFC 2426 section 5 lists the differences */
export function fromVcard21(byteLines: readonly string[]): readonly string[] {
  const lines = byteLines.map(decodeLine);
  const begin = lines.findIndex((line) => isBlock(line, "BEGIN"));
  if (begin === -1) return [];
  const end = endOfBlock(lines, begin);
  const properties: ContentLine[] = [];
  const bad: string[] = [];
  for (let at = begin + 1; at < end; at += 1) {
    const line = lines[at];
    if (line === undefined) bad.push(decodeText(byteLines[at] ?? "", undefined));
    else if (isBlock(line, "BEGIN")) {
      const last = endOfBlock(lines, at);
      properties.push(nested(properties.pop(), byteLines.slice(at, last + 1)));
      at = last;
    } else properties.push(line30(line));
  }
  const head = { name: "BEGIN", params: [], value: "VCARD" };
  const body = [head, ...completed(properties)].map(formatLine);
  const rest = byteLines.slice(end).map((line) => decodeText(line, undefined));
  return [...body, ...bad, ...rest];
}

/** The AGENT line with the card that follows it as its text. */
const nested = (agent: ContentLine | undefined, byteLines: readonly string[]): ContentLine => {
  const text = byteLines.map((line) => decodeText(line, undefined)).join("\n");
  return { ...(agent ?? { name: "AGENT", params: [] }), value: escapeText(text) };
};
