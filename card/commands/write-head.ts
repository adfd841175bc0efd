import { concatBytes, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";

/** What stands before the content in the first segment of UPDATE and REVIVE; CREATE's begins with `type`. */
export interface WriteHead {
  /** 0 in CREATE. */
  readonly id: number;
  /** 0: unless changed since the snapshot. */
  readonly ifCsn: number;
  readonly type: number;
  /** Bytes of the whole content. */
  readonly totalLength: number;
}

const CREATE_BYTES = 3;
const UPDATE_BYTES = 11;

export const encodeWriteHead = (head: WriteHead): Uint8Array => {
  const tail = concatBytes(Uint8Array.of(head.type), u16(head.totalLength));
  return head.id === 0 ? tail : concatBytes(u32(head.id), u32(head.ifCsn), tail);
};

/** @returns the head and the content that follows it in this segment; undefined where the head is not whole */
export const decodeWriteHead = (
  data: Uint8Array,
  isCreate: boolean,
): { readonly head: WriteHead; readonly content: Uint8Array } | undefined => {
  const width = isCreate ? CREATE_BYTES : UPDATE_BYTES;
  if (data.length < width) return undefined;
  const head = {
    id: isCreate ? 0 : readU32(data),
    ifCsn: isCreate ? 0 : readU32(data, 4),
    type: data[width - 3] ?? 0,
    totalLength: readU16(data, width - 2),
  };
  return { head, content: data.subarray(width) };
};

/** Answer of CREATE (number = the new id) and of UPDATE and REVIVE (number = the new modCsn). */
export interface WriteAnswer {
  readonly number: number;
  readonly crc16: number;
}

export const encodeWriteAnswer = (answer: WriteAnswer): Uint8Array =>
  concatBytes(u32(answer.number), u16(answer.crc16));

/** @returns undefined where the size is wrong or the number is 0 */
export const decodeWriteAnswer = (data: Uint8Array): WriteAnswer | undefined => {
  const number = readU32(data);
  return data.length === 6 && number !== 0 ? { number, crc16: readU16(data, 4) } : undefined;
};
