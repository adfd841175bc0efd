import { foldLines } from "./content-line/fold.ts";
import { withExplicitEnds } from "./icalendar/explicit-ends.ts";
import type { PimItem } from "./item.ts";
import { textLines } from "./parse-text.ts";
import { toVcard21 } from "./vcard/to-vcard21.ts";

/** An item in the bytes of a media type, UTF-8: text/x-vcard is vCard 2.1; every other type gives the kind's own format
 * (vCard 3.0, iCalendar 2.0, plain text), which is the canonical text but for events' ends. */
export const writeItem = (item: PimItem, mediaType: string): Uint8Array =>
  new TextEncoder().encode(WRITERS[item.kind](item, mediaType));

type Writer = (item: PimItem, mediaType: string) => string;

const WRITERS: Readonly<Record<PimItem["kind"], Writer>> = {
  contact: (item, mediaType) =>
    /^\s*text\/x-vcard\b/i.test(mediaType) ? toVcard21(textLines(item)) : item.text,
  event: (item) => foldLines(withExplicitEnds(textLines(item))),
  task: (item) => item.text,
  note: (item) => item.text,
};
