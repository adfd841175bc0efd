import { crc32 } from "node:zlib";
import { concatBytes, readU32, u32 } from "../apdu/bytes.ts";

/**
 * The bytes of a card's file: `magic(8) size(4) crc32(4) rfu(48)`, the memory as it once stood, and a journal of
 * what was written since. A journal frame is what one command wrote: `length(4) crc32(4)` and, for each write,
 * `address(4) length(4) bytes`. Each checksum goes on from the one before, so a frame counts only behind its
 * predecessors.
 */
export const FILE_HEADER_BYTES = 64;
const MAGIC = new TextEncoder().encode("DB1CARD1");
const FRAME_HEADER_BYTES = 8;

/** One write into the memory. */
export interface NvmWrite {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** @returns a file without a journal */
export const encodeCardFile = (image: Uint8Array): Uint8Array => {
  const header = new Uint8Array(FILE_HEADER_BYTES);
  header.set(concatBytes(MAGIC, u32(image.length), u32(crc32(image))));
  return concatBytes(header, image);
};

/** A file as it was read, its journal replayed. */
export interface CardFile {
  readonly image: Uint8Array;
  /** Where the next frame goes, bytes from the start; what stands behind it is a torn frame. */
  readonly end: number;
  /** Where the next frame's checksum goes on from. */
  readonly checksum: number;
}

/** @returns undefined where it is no card file or the image is damaged; a torn or damaged frame ends the journal */
export const decodeCardFile = (file: Uint8Array): CardFile | undefined => {
  const size = readU32(file, 8);
  const isCard = MAGIC.every((byte, index) => file[index] === byte);
  if (!isCard || file.length < FILE_HEADER_BYTES + size) return undefined;
  const image = new Uint8Array(file.subarray(FILE_HEADER_BYTES, FILE_HEADER_BYTES + size));
  let checksum = crc32(image);
  if (checksum !== readU32(file, 12)) return undefined;
  let end = FILE_HEADER_BYTES + size;
  for (;;) {
    const frame = readFrame(file, end, checksum);
    if (!frame || !replay(frame.payload, image)) return { image, end, checksum };
    ({ end, checksum } = frame);
  }
};

/** @returns the frame and the checksum that the next one goes on from */
export const encodeFrame = (
  writes: readonly NvmWrite[],
  checksum: number,
): { readonly bytes: Uint8Array; readonly checksum: number } => {
  const payload = concatBytes(
    ...writes.flatMap(({ address, bytes }) => [u32(address), u32(bytes.length), bytes]),
  );
  const next = crc32(payload, checksum);
  return { bytes: concatBytes(u32(payload.length), u32(next), payload), checksum: next };
};

const readFrame = (
  file: Uint8Array,
  at: number,
  checksum: number,
):
  { readonly payload: Uint8Array; readonly end: number; readonly checksum: number } | undefined => {
  const start = at + FRAME_HEADER_BYTES;
  const end = start + readU32(file, at);
  if (start >= file.length || end > file.length || end === start) return undefined;
  const payload = file.subarray(start, end);
  const next = crc32(payload, checksum);
  return next === readU32(file, at + 4) ? { payload, end, checksum: next } : undefined;
};

/** @returns false, with nothing changed, where a write does not fit: such a frame was never made here */
const replay = (payload: Uint8Array, image: Uint8Array): boolean => {
  const writes: NvmWrite[] = [];
  for (let at = 0; at < payload.length;) {
    const address = readU32(payload, at);
    const length = readU32(payload, at + 4);
    const bytes = payload.subarray(at + 8, at + 8 + length);
    if (bytes.length !== length || address + length > image.length) return false;
    writes.push({ address, bytes });
    at += 8 + length;
  }
  for (const { address, bytes } of writes) image.set(bytes, address);
  return true;
};
