import { concatBytes, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";
import { toRecordId } from "./ids.ts";
import type { RecordId } from "./ids.ts";

/** What stands before each content in the answers of READ and READ IMAGE: `id(4) flags(1) len(2)`. */
export interface RecordHead {
  readonly id: RecordId;
  /** Somebody else changed it after the snapshot of the sync that is open. */
  readonly changedSinceSnapshot: boolean;
  /** Bytes of content that follow, over all pages. */
  readonly length: number;
}

/** Never split over two pages. */
export const RECORD_HEAD_BYTES = 7;
const CHANGED = 0x01;

export const encodeRecordHead = (head: RecordHead): Uint8Array =>
  concatBytes(
    u32(head.id),
    Uint8Array.of(head.changedSinceSnapshot ? CHANGED : 0),
    u16(head.length),
  );

/** @returns undefined where fewer than seven bytes are left or the id is 0 */
export const decodeRecordHead = (bytes: Uint8Array): RecordHead | undefined => {
  const id = readU32(bytes);
  if (bytes.length < RECORD_HEAD_BYTES || id === 0) return undefined;
  return {
    id: toRecordId(id),
    changedSinceSnapshot: ((bytes[4] ?? 0) & CHANGED) !== 0,
    length: readU16(bytes, 5),
  };
};

/** A whole record, put together from pages. */
export interface ReadRecord {
  readonly id: RecordId;
  readonly content: Uint8Array;
  readonly changedSinceSnapshot: boolean;
}
