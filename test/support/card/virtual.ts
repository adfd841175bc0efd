import { PimCard } from "../../../card/client/pim-card.ts";
import type { DatabaseId, PeerTag, SyncObject } from "../../../card/commands/ids.ts";
import type { Transport } from "../../../card/transport/transport.ts";
import { formatCard } from "../../../card/virtual/format-card.ts";
import type { FormatOptions } from "../../../card/virtual/format-card.ts";
import { VirtualCard } from "../../../card/virtual/virtual-card.ts";
import { CuttableNvm } from "./cuttable-nvm.ts";

export const PIN = "1234";
export const PUK = "12345678";
export const CONTACTS = 1 as DatabaseId;
export const EVENTS = 2 as DatabaseId;

const utf8 = new TextEncoder();

/** Objects and salts that differ from each other and are the same in every run. */
export const countingRandom = (): ((length: number) => Uint8Array) => {
  let next = 1;
  return (length) => {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint16(Math.max(0, length - 2), next++);
    return bytes;
  };
};

/** A card in memory with everything that a test may pull at. */
export interface Bench {
  readonly nvm: CuttableNvm;
  readonly card: VirtualCard;
  readonly transport: Transport;
}

export const transportOf = (card: VirtualCard): Transport => ({
  transmit: (command) => Promise.resolve().then(() => card.transmit(command)),
  reset: () =>
    Promise.resolve().then(() => {
      card.reset();
    }),
  close: () => Promise.resolve(),
});

export const createBench = (
  options: Partial<FormatOptions> & { readonly sizeKb?: number } = {},
): Bench => {
  const random = countingRandom();
  const nvm = new CuttableNvm(new Uint8Array((options.sizeKb ?? 64) * 1024));
  formatCard(nvm, random, { pin: utf8.encode(PIN), puk: utf8.encode(PUK), ...options });
  const card = new VirtualCard(nvm, random);
  return { nvm, card, transport: transportOf(card) };
};

/** Selects and verifies. */
export const login = async ({ transport }: { readonly transport: Transport }): Promise<PimCard> => {
  const card = await PimCard.open(transport);
  await card.verify(PIN);
  return card;
};

export const peer = (n: number): PeerTag => n.toString(16).padStart(16, "a") as PeerTag;
export const noObject = "00000000000000ee" as SyncObject;
export const text = (value: string): Uint8Array => utf8.encode(value);

/** A sync without changes, so that the peer has a current object. @returns that object */
export const settle = async (
  card: PimCard,
  tag: PeerTag,
  db: DatabaseId = CONTACTS,
): Promise<SyncObject> => {
  const { proposed } = await card.startSync(db, tag, { mayEvict: false });
  await card.commitSync(db, proposed);
  return proposed;
};
