import type { ContentLine } from "../content-line/content-line.ts";
import { escapeText, splitEscaped, unescapeText } from "../content-line/escape.ts";
import { comparableText } from "../normal/canonical-line.ts";
import { valueKind } from "../vcard/value-kind.ts";
import type { PropertyCap } from "./peer-profile.ts";

/** Octets that one of the peer's own may count for: it may count characters, or their quoted-printable. */
const COUNTED_AS = 4;

const octets = (text: string): number => Buffer.byteLength(text, "utf8");

/** Texts of iCalendar, which are no texts to vCard. */
const CALENDAR_TEXT = new Set(["SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT"]);

const isText = (line: ContentLine): boolean =>
  valueKind(line) === "text" || CALENDAR_TEXT.has(line.name);

/** How a value is built: the parts that are cut each by itself, and what stands between them. */
function partsOf(line: ContentLine): { readonly parts: readonly string[]; readonly glue: string } {
  const kind = valueKind(line);
  if (kind === "structured")
    return { parts: splitEscaped(line.value, ";").map(unescapeText), glue: ";" };
  if (kind === "list") return { parts: splitEscaped(line.value, ",").map(unescapeText), glue: "," };
  return { parts: [isText(line) ? unescapeText(line.value) : line.value], glue: "" };
}

const sizeOf = (line: ContentLine): number => octets(partsOf(line).parts.join(";"));

/** @returns whether a value is longer than the peer keeps */
export const isTooLong = (line: ContentLine, cap: PropertyCap | undefined): boolean =>
  cap?.maxSize !== undefined && sizeOf(line) > cap.maxSize;

/** @returns whether the peer keeps nothing of a value, since it is too long and cannot be cut */
export function isUnfit(line: ContentLine, cap: PropertyCap | undefined): boolean {
  if (!isTooLong(line, cap)) return false;
  return cap?.noTruncate === true || valueKind(line) === "binary" || cutTo(line, cap) === "";
}

const cutTo = (line: ContentLine, cap: PropertyCap | undefined): string =>
  unescapeText(cutValue(line, cap?.maxSize ?? 0)).replace(/[;,\s]/g, "");

/** @returns the raw value as a peer keeps it that has room for so many octets; whole characters */
export function cutValue(line: ContentLine, maxSize: number): string {
  const { parts, glue } = partsOf(line);
  let room = maxSize;
  const kept: string[] = [];
  for (const part of parts) {
    const short = cutText(part, room);
    kept.push(short);
    room -= octets(short) + 1;
  }
  const isEscaped = glue !== "" || isText(line);
  return kept.map((part) => (isEscaped ? escapeText(part) : part)).join(glue);
}

function cutText(text: string, maxSize: number): string {
  if (octets(text) <= maxSize) return text;
  let kept = "";
  let size = 0;
  for (const char of text) {
    size += octets(char);
    if (size > maxSize) break;
    kept += char;
  }
  return kept;
}

/**
 * @returns whether `short` is what a peer with this room made of `long`: each part the beginning of ours, and not much
 * shorter than its room. Whether somebody shortened it there by a little cannot be told: then the long one stays.
 */
export function isCut(
  long: ContentLine,
  short: ContentLine,
  cap: PropertyCap | undefined,
): boolean {
  if (cap?.maxSize === undefined || !isTooLong(long, cap)) return false;
  const ours = partsOf(long).parts;
  const theirs = partsOf(short).parts;
  if (theirs.length > ours.length || sizeOf(short) * COUNTED_AS < cap.maxSize) return false;
  return ours.every((part, at) =>
    comparableText(part).startsWith(comparableText(theirs[at] ?? "")),
  );
}
