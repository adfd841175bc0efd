import { randomBytes } from "node:crypto";
import { CardError } from "../errors.ts";
import { fromHex8 } from "../commands/ids.ts";
import { PIN_BYTES } from "../commands/limits.ts";
import { MAX_BLOCKS } from "../virtual/layout.ts";
import { formatCard } from "../virtual/format-card.ts";
import { MemoryNvm } from "../virtual/nvm.ts";
import { FileNvm } from "./file-nvm.ts";
import { InProcessTransport } from "./in-process.ts";
import type { VirtualTransport } from "./transport.ts";

/** What is fixed when a virtual card is made. */
export interface VirtualCardOptions {
  /** Memory, KB: 16 to 4096. */
  readonly sizeKb: number;
  /** 4 to 16 bytes of UTF-8 each. */
  readonly pin: string;
  readonly puk: string;
  /** 16 hexadecimal digits; drawn where absent. */
  readonly uuid?: string;
  /** Records and tombstones that it can keep; 7 for each KB, at most 16384, where absent. */
  readonly headerCount?: number;
  /** Peers that it can keep, 16 to 255; 64 where absent. */
  readonly peerCount?: number;
  /** Where the change counter begins; 0 where absent. */
  readonly initialCsn?: number;
  /** Nothing can be written before the PIN is changed. */
  readonly isTransportPin?: boolean;
}

const SIZE_KB = { min: 16, max: 4096 } as const;
const PEERS = { min: 16, max: 255 } as const;

/**
 * Makes a card in a new file of mode 0600.
 * @throws CardError CARD_EXISTS where there is a file, CARD_MALFORMED for options out of range, CARD_FULL where
 *   headers and peers leave no room
 */
export const createVirtualCard = (path: string, options: VirtualCardOptions): Promise<void> =>
  Promise.resolve().then(() => {
    const { pin, puk, uuid, headerCount, peerCount, initialCsn, isTransportPin } = options;
    expectRange("sizeKb", options.sizeKb, SIZE_KB.min, SIZE_KB.max);
    expectRange("headerCount", headerCount ?? 1, 1, MAX_BLOCKS);
    expectRange("peerCount", peerCount ?? PEERS.min, PEERS.min, PEERS.max);
    const image = new Uint8Array(options.sizeKb * 1024);
    formatCard(new MemoryNvm(image), randomBytes, {
      pin: toSecret("pin", pin),
      puk: toSecret("puk", puk),
      uuid: uuid === undefined ? undefined : toUuid(uuid),
      headerCount,
      peerCount,
      initialCsn,
      isTransportPin,
    });
    FileNvm.create(path, image);
  });

/**
 * Opens a card's file; one user at a time, which is for the caller to see to.
 * @throws CardError CARD_ABSENT where there is no file, CARD_MALFORMED where it is no card's
 */
export const openVirtualCard = (path: string): Promise<VirtualTransport> =>
  Promise.resolve().then(() => new InProcessTransport(FileNvm.open(path), randomBytes));

const expectRange = (name: string, value: number, min: number, max: number): void => {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new CardError(
      "CARD_MALFORMED",
      `${name} must be a whole number from ${String(min)} to ${String(max)}`,
    );
  }
};

const toSecret = (name: string, secret: string): Uint8Array => {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < PIN_BYTES.min || bytes.length > PIN_BYTES.max) {
    throw new CardError("CARD_MALFORMED", `${name} must have 4 to 16 bytes`);
  }
  return bytes;
};

const toUuid = (hex: string): Uint8Array => {
  const bytes = fromHex8(hex);
  if (!bytes) throw new CardError("CARD_MALFORMED", "uuid must have 16 hexadecimal digits");
  return bytes;
};
