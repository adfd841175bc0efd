import { toByteString } from "./content-line/physical-lines.ts";
import { splitCalendar } from "./icalendar/split-calendar.ts";
import type { PimItem } from "./item.ts";
import type { PimKind } from "./kind.ts";
import { LIMITS } from "./limits.ts";
import { readItem, type ReadResult } from "./read-item.ts";
import { splitVcards } from "./vcard/split-vcards.ts";

/** What an import file holds; `problems` has one sentence for each thing that could not be taken, without contents. */
export interface SplitResult {
  readonly items: readonly PimItem[];
  readonly problems: readonly string[];
}

const why = (result: Exclude<ReadResult, { type: "item" }>): string =>
  result.type === "malformed" ? result.why : "its format or version is not supported";

const SPLITTERS: Readonly<Record<PimKind, (byteString: string) => readonly string[]>> = {
  contact: splitVcards,
  event: (byteString) => splitCalendar(byteString, "event"),
  task: (byteString) => splitCalendar(byteString, "task"),
  note: (byteString) => (byteString.trim() === "" ? [] : [byteString]),
};

/** Takes the items out of a file that a user imports: every card of a .vcf, in any mix of versions; every event (or task)
 * of an .ics, exceptions with their master, with the VTIMEZONEs they name; a .txt as one note. Total: one bad item costs
 * no other.
 * @param fileName only for the sentences in `problems` */
export function splitItems(kind: PimKind, content: Uint8Array, fileName: string): SplitResult {
  if (content.byteLength > LIMITS.fileBytes) {
    return { items: [], problems: [`${fileName}: the file is larger than the limit`] };
  }
  const pieces = SPLITTERS[kind](toByteString(content));
  const items: PimItem[] = [];
  const problems: string[] = [];
  for (const [index, piece] of pieces.entries()) {
    const result = readItem(kind, undefined, Buffer.from(piece, "latin1"));
    if (result.type === "item") items.push(result.item);
    else problems.push(`${fileName}: ${kind} ${String(index + 1)} was not taken: ${why(result)}`);
  }
  if (pieces.length === 0) problems.push(`${fileName}: there is no ${kind} in it`);
  return { items, problems };
}
