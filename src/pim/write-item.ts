import { foldLines } from "./content-line/fold.ts";
import { withExplicitEnds } from "./icalendar/explicit-ends.ts";
import type { PimItem } from "./item.ts";
import { textLines } from "./parse-text.ts";
import { contactForPeer } from "./peer/contact-lines.ts";
import { PLAIN_CONTENT, type ContentTraits } from "./peer/content-traits.ts";
import { toVcard21 } from "./vcard/to-vcard21.ts";

/** An item in the bytes of a media type, UTF-8: text/x-vcard is vCard 2.1; every other type gives the kind's own format
 * (vCard 3.0, iCalendar 2.0, plain text), which is the canonical text but for events' ends and what the peer has of its own. */
export const writeItem = (
  item: PimItem,
  mediaType: string,
  traits: ContentTraits = PLAIN_CONTENT,
): Uint8Array => new TextEncoder().encode(WRITERS[item.kind](item, mediaType, traits));

type Writer = (item: PimItem, mediaType: string, traits: ContentTraits) => string;

const asText = (lines: readonly string[], { noFolding }: ContentTraits): string =>
  noFolding === true ? lines.map((line) => `${line}\r\n`).join("") : foldLines(lines);

/** A peer like any other gets the canonical text as it stands. */
const writeContact: Writer = (item, mediaType, traits) => {
  const isVcard21 = /^\s*text\/x-vcard\b/i.test(mediaType);
  if (!isVcard21 && Object.keys(traits).length === 0) return item.text;
  const lines = contactForPeer(textLines(item), traits);
  return isVcard21 ? toVcard21(lines, traits) : asText(lines, traits);
};

const WRITERS: Readonly<Record<PimItem["kind"], Writer>> = {
  contact: writeContact,
  event: (item, _mediaType, traits) => asText(withExplicitEnds(textLines(item)), traits),
  task: (item, _mediaType, traits) =>
    traits.noFolding === true ? asText(textLines(item), traits) : item.text,
  note: (item) => item.text,
};
