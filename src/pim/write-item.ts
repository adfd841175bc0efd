import type { PimItem } from "./item.ts";
import { textLines } from "./parse-text.ts";
import { toVcard21 } from "./vcard/to-vcard21.ts";

/** An item in the bytes of a media type, UTF-8: text/x-vcard is vCard 2.1 for contacts; every other type gives the
 * canonical text (vCard 3.0, iCalendar 2.0, plain text). */
export function writeItem(item: PimItem, mediaType: string): Uint8Array {
  const is21 = item.kind === "contact" && /^\s*text\/x-vcard\b/i.test(mediaType);
  return new TextEncoder().encode(is21 ? toVcard21(textLines(item)) : item.text);
}
