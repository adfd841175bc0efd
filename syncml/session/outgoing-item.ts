import type { Command, Item, Meta } from "../model/message.ts";
import type { LocalChange } from "./client-ports.ts";
import type { OutgoingChange } from "./ports.ts";
import type { Encoding } from "../codec/content-type.ts";
import type { Draft } from "./draft.ts";
import type { OutgoingItem } from "./server-state.ts";

// What XML 1.0 cannot carry in any form; such an item leaves in base64.
const NOT_IN_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/** A change as the state keeps it until it has left. */
export function toOutgoing(
  uri: string,
  change: OutgoingChange | LocalChange,
  encoding: Encoding,
): OutgoingItem {
  const base = { uri, ref: change.ref, type: change.type, sent: 0 } as const;
  if (change.type === "delete") return { ...base, id: change.luid, text: "" };
  const bytes = Buffer.from(change.content);
  const text = bytes.toString("utf8");
  const needsBase64 = encoding === "xml" && NOT_IN_XML.test(text);
  return {
    ...base,
    id: "guid" in change ? change.guid : change.luid,
    mediaType: change.mediaType,
    text: needsBase64 ? bytes.toString("base64") : text,
    ...(needsBase64 ? { isBase64: true } : {}),
  };
}

/** What is left of a message, and what a command takes of it; bytes. */
export type Room = Pick<Draft, "room" | "sizeOf">;

export type Placed =
  | { readonly type: "whole"; readonly command: Command }
  | { readonly type: "chunk"; readonly command: Command; readonly sent: number }
  | { readonly type: "full" };

interface Placing {
  readonly cmdId: string;
  readonly canChunk: boolean;
  readonly isResumed?: boolean;
  /** To a server: it is our own name of the item, whatever is done with it. */
  readonly isFromClient?: boolean;
}

/**
 * Places an item into the room of a draft: whole, as a chunk that fills it, or not at all.
 * @param how.canChunk whether it may leave in parts
 * @param how.isResumed whether the peer may hold a beginning of it from an earlier session
 */
export function place(
  item: OutgoingItem,
  draft: Room,
  { cmdId, canChunk, isResumed = false, isFromClient = false }: Placing,
): Placed {
  const toPart = (length: number): Command =>
    toCommand(item, { cmdId, isResumed, isFromClient, length });
  const rest = item.text.length - item.sent;
  const whole = toPart(rest);
  if (draft.sizeOf(whole) <= draft.room) return { type: "whole", command: whole };
  if (item.type === "delete" || !canChunk) return { type: "full" };
  const endAfter = (length: number): number => wholeCharacters(item.text, item.sent + length);
  const fits = (length: number): boolean =>
    draft.sizeOf(toPart(endAfter(length) - item.sent)) <= draft.room;
  const end = beforeWhiteSpace(item, endAfter(longestFitting(rest, fits)));
  if (end <= item.sent) return { type: "full" };
  return { type: "chunk", command: toPart(end - item.sent), sent: end };
}

/** @returns the greatest length below `most` for which `fits` holds; 0 where none does */
function longestFitting(most: number, fits: (length: number) => boolean): number {
  let [low, high] = [0, most - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Quirk(libsynthesis): white space at the beginning of a chunk is lost in XML, and with it the declared size. So a chunk
 * ends early enough for the next one to begin with something else, where there is anything else.
 */
function beforeWhiteSpace(item: OutgoingItem, end: number): number {
  let at = end;
  while (at > item.sent && /\s/.test(item.text.charAt(at))) at -= 1;
  const whole = wholeCharacters(item.text, at);
  return whole > item.sent ? whole : end;
}

/** Never ends between the halves of a character. */
function wholeCharacters(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

/** Quirk(libsynthesis): else it appends an item that begins anew in a resumed session to what it has of it. */
const FROM_ITS_BEGINNING = ["datapos=0"];

/**
 * Server to client: an Add names the GUID as Source, Replace and Delete the LUID as Target. A client always names its LUID
 * as Source.
 * @see SyncML Sync Protocol 1.1, 2.10: Size stands in the first chunk and counts the whole item's octets
 */
function toCommand(
  item: OutgoingItem,
  {
    cmdId,
    isResumed,
    isFromClient,
    length,
  }: Omit<Placing, "canChunk"> & { readonly length: number },
): Command {
  const isSource = item.type === "add" || isFromClient === true;
  const address: Item = isSource
    ? { source: { locUri: item.id } }
    : { target: { locUri: item.id } };
  if (item.type === "delete") return { type: "delete", cmdId, items: [address] };
  const isFirst = item.sent === 0;
  const isLast = item.sent + length >= item.text.length;
  const meta: Meta = {
    ...(item.mediaType === undefined ? {} : { type: item.mediaType }),
    ...(item.isBase64 === true ? { format: "b64" } : {}),
    ...(isResumed && isFirst ? { emi: FROM_ITS_BEGINNING } : {}),
  };
  const size = isFirst && !isLast ? { size: Buffer.byteLength(item.text, "utf8") } : {};
  const data = {
    type: "text",
    text: item.text.slice(item.sent, item.sent + length),
  } as const;
  const whole: Item = { ...address, meta: { ...meta, ...size }, data };
  const body = isLast ? whole : { ...whole, moreData: true };
  return { type: item.type, cmdId, items: [body] };
}
