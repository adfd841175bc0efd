import type { Data, Item, ItemCommand } from "../model/message.ts";
import type { IncomingChunk } from "./server-state.ts";

/** Bytes by which a declared Size may be off: a conformance test of the standard's own makers sends one too many. */
const SIZE_TOLERANCE = 1;

const STATUS = { chunkTaken: 213, sizeRequired: 411, tooLarge: 413, mismatch: 424 } as const;

/** `whole`: the item is complete; `chunk`: more is to come; `refused`: the item is dropped with that Status. */
export type ChunkOutcome =
  | { readonly type: "whole"; readonly content: Uint8Array; readonly mediaType?: string }
  | { readonly type: "chunk"; readonly status: number; readonly chunk: IncomingChunk }
  | { readonly type: "refused"; readonly status: number };

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
  const { item, command } = source;
  const bytes = bytesOf(item.data);
  const declared = open?.declaredBytes ?? item.meta?.size ?? command.meta?.size;
  const total = (open?.bytes ?? 0) + bytes.length;
  if (total > maxBytes || (declared ?? 0) > maxBytes + SIZE_TOLERANCE)
    return { type: "refused", status: STATUS.tooLarge };
  const mediaType = open?.mediaType ?? item.meta?.type ?? command.meta?.type;
  const type = mediaType === undefined ? {} : { mediaType };
  const format = item.meta?.format ?? command.meta?.format;
  const isBase64 = open?.isBase64 ?? format === "b64";
  const joined =
    open === undefined ? bytes : Buffer.concat([Buffer.from(open.content, "base64"), bytes]);
  if (item.moreData === true) {
    if (declared === undefined) return { type: "refused", status: STATUS.sizeRequired };
    const content = Buffer.from(joined).toString("base64");
    const { uri, luid } = source;
    const size = { declaredBytes: declared, content, bytes: total };
    const chunk = { uri, luid, type: command.type, ...type, isBase64, ...size };
    return { type: "chunk", status: STATUS.chunkTaken, chunk };
  }
  if (open !== undefined && declared !== undefined && !isAbout(total, declared))
    return { type: "refused", status: STATUS.mismatch };
  const content = isBase64 ? Buffer.from(Buffer.from(joined).toString("latin1"), "base64") : joined;
  return { type: "whole", content, ...type };
}

const isAbout = (size: number, declared: number): boolean =>
  Math.abs(size - declared) <= SIZE_TOLERANCE;

function bytesOf(data: Data | undefined): Uint8Array {
  if (data?.type === "text") return Buffer.from(data.text, "utf8");
  return data?.type === "bytes" ? data.bytes : new Uint8Array();
}
