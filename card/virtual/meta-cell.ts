import { concatBytes, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";
import { CardError } from "../errors.ts";
import { META_AT } from "./layout.ts";
import type { Nvm } from "./nvm.ts";

/** The card's own cell, written as a whole. */
export interface Meta {
  readonly uuid: Uint8Array;
  readonly epoch: Uint8Array;
  /** No CSN below or equal is given out, whatever the headers say. */
  readonly csnFloor: number;
  /** A WIPE has begun and is to be finished before anything else. */
  readonly isWiping: boolean;
  /** The CSNs are used up: nothing changes any more until WIPE. */
  readonly isExhausted: boolean;
  readonly headerCount: number;
  readonly peerCount: number;
}

const MAGIC = Uint8Array.of(0x44, 0x42, 0x31, 0x01);
const CELL_BYTES = 32;
const FLAG = { wiping: 0x01, exhausted: 0x02 } as const;

/** @throws CardError CARD_MALFORMED where this memory is no card's */
export const readMeta = (nvm: Nvm): Meta => {
  const bytes = nvm.read(META_AT, CELL_BYTES).slice();
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) {
    throw new CardError("CARD_MALFORMED", "the memory holds no card of this version");
  }
  const flags = bytes[24] ?? 0;
  return {
    uuid: bytes.slice(4, 12),
    epoch: bytes.slice(12, 20),
    csnFloor: readU32(bytes, 20),
    isWiping: (flags & FLAG.wiping) !== 0,
    isExhausted: (flags & FLAG.exhausted) !== 0,
    peerCount: bytes[25] ?? 0,
    headerCount: readU16(bytes, 26),
  };
};

export const writeMeta = (nvm: Nvm, meta: Meta): void => {
  const flags = (meta.isWiping ? FLAG.wiping : 0) | (meta.isExhausted ? FLAG.exhausted : 0);
  const cell = new Uint8Array(CELL_BYTES);
  cell.set(
    concatBytes(
      MAGIC,
      meta.uuid,
      meta.epoch,
      u32(meta.csnFloor),
      Uint8Array.of(flags, meta.peerCount),
      u16(meta.headerCount),
    ),
  );
  nvm.write(META_AT, cell, true);
};
