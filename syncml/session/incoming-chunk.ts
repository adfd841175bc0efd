import type { Data, Item, ItemCommand, Meta } from "../model/message.ts";

/** An item of the peer of which some chunks have come. */
export interface IncomingChunk {
  readonly uri: string;
  readonly luid: string;
  readonly type: ItemCommand["type"];
  readonly mediaType?: string;
  readonly isBase64: boolean;
  /** Size as the peer declared it; absent where it did not. */
  readonly declaredBytes?: number;
  /** Base64 of what has come, and how many bytes that is. */
  readonly content: string;
  readonly bytes: number;
  /** True where it came in the session before this one, until the next chunk. */
  readonly isResumed?: boolean;
  /** Set once a chunk was refused: what still comes of the item gets that Status too and is dropped. */
  readonly refusal?: number;
}

/** Bytes by which a declared Size may be off: a conformance test of the standard's own makers sends one too many. */
const SIZE_TOLERANCE = 1;

const STATUS = {
  chunkTaken: 213,
  sizeRequired: 411,
  tooLarge: 413,
  sizeTooBig: 416,
  mismatch: 424,
} as const;

/**
 * `whole`: the item is complete; `chunk`: more is to come; `refused`: the item is dropped with that Status, and what
 * still comes of it too (`chunk` remembers that).
 */
export type ChunkOutcome =
  | { readonly type: "whole"; readonly content: Uint8Array; readonly mediaType?: string }
  | { readonly type: "chunk"; readonly status: number; readonly chunk: IncomingChunk }
  | { readonly type: "refused"; readonly status: number; readonly chunk?: IncomingChunk };

export interface ChunkSource {
  readonly uri: string;
  readonly luid: string;
  readonly command: ItemCommand;
  readonly item: Item;
}

/**
 * Joins an item that comes in chunks. Sizes count octets of the data as they stand in the message.
 * @param open what has come of this very item; undefined for its first or only chunk
 * @see SyncML Sync Protocol 1.1, 2.10 "Large Object Handling"
 */
export function takeChunk(
  source: ChunkSource,
  open: IncomingChunk | undefined,
  maxBytes: number,
): ChunkOutcome {
  const chunk = append(open ?? firstChunk(source), source);
  const isLast = source.item.moreData !== true;
  const status =
    reasonToRefuse(chunk, isLast, maxBytes) ??
    (isLast && open !== undefined && !isOfDeclaredSize(chunk) ? STATUS.mismatch : undefined);
  if (status === undefined)
    return isLast ? toWhole(chunk) : { type: "chunk", status: STATUS.chunkTaken, chunk };
  if (isLast) return { type: "refused", status };
  return { type: "refused", status, chunk: { ...chunk, content: "", refusal: status } };
}

function firstChunk({ uri, luid, command, item }: ChunkSource): IncomingChunk {
  const meta: Meta = { ...command.meta, ...item.meta };
  return {
    uri,
    luid,
    type: command.type,
    isBase64: meta.format === "b64",
    content: "",
    bytes: 0,
    ...(meta.type === undefined ? {} : { mediaType: meta.type }),
    ...(meta.size === undefined ? {} : { declaredBytes: meta.size }),
  };
}

/**
 * A peer that had no answer to its last chunk before it resumed sends that one again.
 * Quirk(libsynthesis): it may say where a chunk of a resumed item begins.
 */
function append(
  { isResumed, ...chunk }: IncomingChunk,
  { item, command }: ChunkSource,
): IncomingChunk {
  if (chunk.refusal !== undefined) return chunk;
  const more = bytesOf(item.data);
  const before = Buffer.from(chunk.content, "base64");
  const said = isResumed === true ? positionIn({ ...command.meta, ...item.meta }) : undefined;
  const isRepeated = isResumed === true && before.subarray(-more.length).equals(more);
  const from = said ?? (isRepeated ? before.length - more.length : before.length);
  const content = Buffer.concat([before.subarray(0, from), more]);
  return { ...chunk, content: content.toString("base64"), bytes: content.length };
}

/** @returns the byte at which a chunk begins, where its EMI says so */
function positionIn({ emi }: Meta): number | undefined {
  const digits = emi?.map((text) => /^datapos=(\d+)$/i.exec(text)?.[1]).find(Boolean);
  return digits === undefined ? undefined : Number(digits);
}

/** A size that is declared too big is another Status than one that turns out so. */
function reasonToRefuse(
  { refusal, declaredBytes, bytes }: IncomingChunk,
  isLast: boolean,
  maxBytes: number,
): number | undefined {
  if (refusal !== undefined) return refusal;
  if ((declaredBytes ?? 0) > maxBytes + SIZE_TOLERANCE) return STATUS.sizeTooBig;
  if (bytes > maxBytes) return STATUS.tooLarge;
  return declaredBytes === undefined && !isLast ? STATUS.sizeRequired : undefined;
}

/**
 * Of base64 some count the octets before it was encoded. And XML turns every CR LF of a peer into LF, whatever its Size
 * counted: each bare LF may have been two octets.
 */
function isOfDeclaredSize({ declaredBytes, bytes, isBase64, content }: IncomingChunk): boolean {
  if (declaredBytes === undefined || isAbout(bytes, declaredBytes)) return true;
  const received = Buffer.from(content, "base64");
  if (isAbout(bytes + bareLineFeeds(received), declaredBytes)) return true;
  return isBase64 && isAbout(fromBase64(received).length, declaredBytes);
}

const [LF, CR] = [0x0a, 0x0d];

const bareLineFeeds = (bytes: Uint8Array): number =>
  bytes.reduce((count, byte, at) => count + (byte === LF && bytes[at - 1] !== CR ? 1 : 0), 0);

const fromBase64 = (ascii: Buffer): Buffer => Buffer.from(ascii.toString("latin1"), "base64");

const isAbout = (size: number, declared: number): boolean =>
  Math.abs(size - declared) <= SIZE_TOLERANCE;

function toWhole({ content, isBase64, mediaType }: IncomingChunk): ChunkOutcome {
  const bytes = Buffer.from(content, "base64");
  return {
    type: "whole",
    content: isBase64 ? fromBase64(bytes) : bytes,
    ...(mediaType === undefined ? {} : { mediaType }),
  };
}

function bytesOf(data: Data | undefined): Uint8Array {
  if (data?.type === "text") return Buffer.from(data.text, "utf8");
  return data?.type === "bytes" ? data.bytes : new Uint8Array();
}
