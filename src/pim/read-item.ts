import { isUtf8 } from "node:buffer";
import iconv from "iconv-lite";
import { decodeText } from "./content-line/charset.ts";
import { parseComponents, type Component } from "./content-line/component.ts";
import { verbatimLine } from "./content-line/decode-line.ts";
import { foldLines } from "./content-line/fold.ts";
import { logicalLines, type Dialect } from "./content-line/logical-lines.ts";
import { toByteString } from "./content-line/physical-lines.ts";
import { isOneCalendarItem } from "./icalendar/one-item.ts";
import type { PimItem } from "./item.ts";
import type { PimKind } from "./kind.ts";
import { LIMITS } from "./limits.ts";
import { normalNote } from "./note.ts";
import { contactFromPeer } from "./peer/contact-lines.ts";
import { PLAIN_CONTENT, type ContentTraits } from "./peer/content-traits.ts";
import { fromVcard21 } from "./vcard/from-vcard21.ts";

/** What became of content that a peer sent. `why` holds no personal data; `badLines` counts the lines that nobody can
 * read and that stay in the text as they are. */
export type ReadResult =
  | { readonly type: "item"; readonly item: PimItem; readonly badLines: number }
  | { readonly type: "unsupported" }
  | { readonly type: "malformed"; readonly why: string };

const UNSUPPORTED: ReadResult = { type: "unsupported" };
const malformed = (why: string): ReadResult => ({ type: "malformed", why });

const TYPES: Readonly<Record<PimKind, readonly string[]>> = {
  contact: ["text/vcard", "text/x-vcard", "text/directory"],
  event: ["text/calendar", "text/x-vcalendar"],
  task: ["text/calendar", "text/x-vcalendar"],
  note: ["text/plain"],
};

/** The media type without its parameters, in lower case. */
const bareType = (mediaType: string): string =>
  (mediaType.split(";")[0] ?? "").trim().toLowerCase();

/** The first VERSION; a fold in its line, which no writer makes and every reader must bear, is undone. */
const declaredVersion = (byteString: string): string | undefined =>
  /^VERSION[^:\r\n]{0,80}:[ \t]*([0-9.]{1,8})/im.exec(byteString.replace(/\r?\n[ \t]/g, ""))?.[1];

/** Reads one item of any accepted media type into its canonical text. The VERSION in the content counts, not the type.
 * Total: hostile content gives `malformed`, a format that is not ours `unsupported` (SyncML status 415).
 * @param mediaType as the peer named it; undefined if it named none */
export function readItem(
  kind: PimKind,
  mediaType: string | undefined,
  content: Uint8Array,
  traits: ContentTraits = PLAIN_CONTENT,
): ReadResult {
  const type = mediaType === undefined ? undefined : bareType(mediaType);
  if (type !== undefined && !TYPES[kind].includes(type)) return UNSUPPORTED;
  if (content.byteLength > LIMITS.itemBytes) return malformed("larger than the limit");
  const bytes = isUtf8(content) ? content : toUtf8(content, traits.inputCharset);
  return READERS[kind](repaired(toByteString(bytes)), { type, kind, traits });
}

interface Reading {
  readonly type: string | undefined;
  readonly kind: PimKind;
  readonly traits: ContentTraits;
}

type Reader = (byteString: string, reading: Reading) => ReadResult;

/** Bytes of a peer that says no charset because it has always the same. */
const toUtf8 = (content: Uint8Array, charset: string | undefined): Uint8Array =>
  charset === undefined || /CHARSET/i.test(Buffer.from(content).toString("latin1"))
    ? content
    : Buffer.from(iconv.decode(Buffer.from(content), charset), "utf8");

/** Quirk(Nokia N9): its soft line breaks have their own line break encoded in front. "==" stands in no valid text. */
const repaired = (byteString: string): string => byteString.replace(/==0A=0D=(?=\r?\n)/gi, "=");

const readNote: Reader = (byteString) => ({
  type: "item",
  item: { kind: "note", text: normalNote(decodeText(byteString, undefined)) },
  badLines: 0,
});

const readContact: Reader = (byteString, { type, traits }) => {
  const version = declaredVersion(byteString) ?? (type === "text/x-vcard" ? "2.1" : "3.0");
  if (version === "2.1") return readBlock(byteString, "vcard21", "contact", traits);
  return version === "3.0" ? readBlock(byteString, "vcard30", "contact", traits) : UNSUPPORTED;
};

const readCalendar: Reader = (byteString, { type, kind, traits }) => {
  const version = declaredVersion(byteString) ?? (type === "text/x-vcalendar" ? "1.0" : "2.0");
  return version === "2.0" ? readBlock(byteString, "icalendar", kind, traits) : UNSUPPORTED;
};

const READERS: Readonly<Record<PimKind, Reader>> = {
  contact: readContact,
  event: readCalendar,
  task: readCalendar,
  note: readNote,
};

// eslint-disable-next-line max-params
const readBlock = (
  byteString: string,
  dialect: Dialect,
  kind: PimKind,
  traits: ContentTraits,
): ReadResult => {
  const raw = logicalLines(byteString, dialect);
  if (raw.length > LIMITS.itemLines) return malformed("more lines than the limit");
  const said = dialect === "vcard21" ? fromVcard21(raw) : raw.map(verbatimLine);
  const lines = kind === "contact" ? contactFromPeer(said, traits) : said;
  const found = parseComponents(lines);
  const [root, second] = found.roots;
  if (found.broken) return malformed("a BEGIN without its END");
  if (root?.name !== (kind === "contact" ? "VCARD" : "VCALENDAR"))
    return malformed("no item in it");
  if (second !== undefined) return malformed("more than one item in it");
  if (kind === "event" || kind === "task") {
    const one = isOneCalendarItem(root, kind);
    if (one !== "yes") return one === "otherKind" ? UNSUPPORTED : malformed("not exactly one item");
  }
  const bad = found.badLines.filter((index) => index > root.first && index < root.last);
  const text = foldLines(badLinesLast(lines, root, new Set(bad)));
  return { type: "item", item: { kind, text }, badLines: bad.length };
};

/** The root's lines with the bad ones moved before its END: libsynthesis loses the property after a bad line. */
const badLinesLast = (
  lines: readonly string[],
  root: Component,
  bad: ReadonlySet<number>,
): readonly string[] => {
  const good: string[] = [];
  const moved: string[] = [];
  for (let index = root.first; index < root.last; index += 1) {
    (bad.has(index) ? moved : good).push(lines[index] ?? "");
  }
  return [...good, ...moved, lines[root.last] ?? ""];
};
