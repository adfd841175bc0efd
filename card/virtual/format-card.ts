import { PIN_TRIES, PUK_TRIES } from "../commands/limits.ts";
import { CardError } from "../errors.ts";
import { DEFAULT_PEER_COUNT, defaultHeaderCount, PIN_AT, PUK_AT, toLayout } from "./layout.ts";
import { writeMeta } from "./meta-cell.ts";
import type { Nvm } from "./nvm.ts";
import { SecretCell } from "./secret-cell.ts";
import type { RandomSource } from "./secret-cell.ts";

/** What is fixed when a card is made. */
export interface FormatOptions {
  /** 4 to 16 bytes each. */
  readonly pin: Uint8Array;
  readonly puk: Uint8Array;
  /** 8 bytes; drawn where absent. */
  readonly uuid?: Uint8Array | undefined;
  readonly headerCount?: number | undefined;
  /** 16 to 255. */
  readonly peerCount?: number | undefined;
  /** Where the change counter begins. */
  readonly initialCsn?: number | undefined;
  /** The PIN is a default one: nothing is written before it is changed. */
  readonly isTransportPin?: boolean | undefined;
}

const FEWEST_BLOCKS = 16;

/** Makes a card of a memory that is all zero. @throws CardError CARD_FULL where the memory is too small for it */
export const formatCard = (nvm: Nvm, random: RandomSource, options: FormatOptions): void => {
  const headerCount = options.headerCount ?? defaultHeaderCount(nvm.sizeBytes);
  const peerCount = options.peerCount ?? DEFAULT_PEER_COUNT;
  if (toLayout(nvm.sizeBytes, headerCount, peerCount).blockCount < FEWEST_BLOCKS) {
    throw new CardError("CARD_FULL", `${String(nvm.sizeBytes)} bytes are too few for a card`);
  }
  new SecretCell(nvm, PIN_AT, random).put(options.pin, PIN_TRIES, options.isTransportPin);
  new SecretCell(nvm, PUK_AT, random).put(options.puk, PUK_TRIES);
  writeMeta(nvm, {
    uuid: options.uuid ?? random(8),
    epoch: random(8),
    csnFloor: options.initialCsn ?? 0,
    isWiping: false,
    isExhausted: false,
    headerCount,
    peerCount,
  });
};
