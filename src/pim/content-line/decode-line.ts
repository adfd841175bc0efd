import { decodeText } from "./charset.ts";
import {
  colonIndex,
  formatLine,
  paramValue,
  parseLine,
  type ContentLine,
  type Param,
} from "./content-line.ts";
import { decodeQuotedPrintable } from "./quoted-printable.ts";

/** True for `ENCODING=QUOTED-PRINTABLE` and for the bare word. */
export const isQuotedPrintable = (param: Param): boolean =>
  /^QUOTED-PRINTABLE$/i.test((param.name === "ENCODING" ? param.value : param.name) ?? "");

/** Decodes a line of one char per byte: charset and quoted-printable are undone and their parameters gone, so the value
 * may hold line breaks. A charset that is UTF-8 anyway keeps its parameter where nothing else had to be undone.
 * @returns undefined for a bad line */
export function decodeLine(byteLine: string): ContentLine | undefined {
  const colon = colonIndex(byteLine);
  if (colon === -1) return undefined;
  const parsed = parseLine(`${decodeText(byteLine.slice(0, colon), undefined)}:`);
  if (parsed === undefined) return undefined;
  const quoted = parsed.params.some(isQuotedPrintable);
  const value = byteLine.slice(colon + 1);
  const bytes = quoted ? decodeQuotedPrintable(value) : value;
  const params = parsed.params.filter(
    (param) => param.name !== "CHARSET" && !isQuotedPrintable(param),
  );
  return { ...parsed, params, value: decodeText(bytes, paramValue(parsed, "CHARSET")) };
}

const NEEDS_DECODING = /QUOTED-PRINTABLE|CHARSET/i;

/** A line of vCard 3.0 or iCalendar as Unicode text, word for word as the peer wrote it, unless it carries a charset or
 * quoted-printable, which both formats forbid and some phones write. Bad lines are decoded as they are. */
export function verbatimLine(byteLine: string): string {
  const line = NEEDS_DECODING.test(byteLine.slice(0, colonIndex(byteLine) + 1))
    ? decodeLine(byteLine)
    : undefined;
  if (line === undefined) return decodeText(byteLine, undefined);
  return formatLine({ ...line, value: line.value.replace(/\r\n?|\n/g, "\\n") });
}
