import type { ContentLine, Param } from "../content-line/content-line.ts";
import { paramValue } from "../content-line/content-line.ts";

/** How a vCard property's value is built, which decides how it crosses between 2.1 and 3.0.
 * structured: components split by ";" · list: split by "," · text: one text · binary: base64 · geo: two numbers, split
 * by "," in 2.1 and ";" in 3.0 · verbatim: URIs, dates and everything unknown; only line breaks change their spelling. */
export type ValueKind = "structured" | "list" | "text" | "binary" | "geo" | "verbatim";

const BY_NAME: ReadonlyMap<string, ValueKind> = new Map<string, ValueKind>([
  ["N", "structured"],
  ["ADR", "structured"],
  ["ORG", "structured"],
  ["CATEGORIES", "list"],
  ["NICKNAME", "list"],
  ["GEO", "geo"],
  ["FN", "text"],
  ["LABEL", "text"],
  ["TEL", "text"],
  ["EMAIL", "text"],
  ["MAILER", "text"],
  ["TITLE", "text"],
  ["ROLE", "text"],
  ["NOTE", "text"],
  ["SORT-STRING", "text"],
  ["CLASS", "text"],
  ["AGENT", "text"],
]);

/** True for `ENCODING=B`, `ENCODING=BASE64` and the bare word BASE64. */
export const isBase64 = (param: Param): boolean =>
  param.name === "ENCODING"
    ? /^"?(?:b|base64)"?$/i.test(param.value ?? "")
    : param.value === undefined && /^base64$/i.test(param.name);

/** The kind of a line's value, by its encoding, its VALUE parameter, its name. */
export function valueKind(line: ContentLine): ValueKind {
  if (line.params.some(isBase64)) return "binary";
  if (/^(?:uri|url|cid|content-id)$/i.test(paramValue(line, "VALUE") ?? "")) return "verbatim";
  return BY_NAME.get(line.name) ?? "verbatim";
}
