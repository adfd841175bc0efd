import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, u16 } from "../../../card/apdu/bytes.ts";
import { PimCard } from "../../../card/client/pim-card.ts";
import type { CardUuid, RecordId, SyncObject } from "../../../card/commands/ids.ts";
import { CardError } from "../../../card/errors.ts";
import type { Transport } from "../../../card/transport/transport.ts";
import { CONTACTS, createBench, peer, PIN, PUK, text } from "../../support/card/virtual.ts";

/** What a hostile card makes of the right answer to a command. */
type Lie = (honest: Uint8Array, turn: number) => Uint8Array;

const anySw = fc.oneof(
  fc.constantFrom(0x9000, 0x6310, 0x6101, 0x6100, 0x6c10, 0x6c00, 0x9110, 0x63c2, 0x6985, 0x6986),
  fc.nat(0xffff),
);

/** With the honest bytes, or random ones, a cursor that goes on by one or more for ever: the page of an endless list. */
const endless = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.uint8Array({ maxLength: 60 }), fc.boolean())
  .map(([step, random, isHonest]): Lie => {
    return (honest, turn) =>
      concatBytes(u16(turn * step), isHonest ? honest.subarray(2, -2) : random, u16(0x6310));
  });

const lie: fc.Arbitrary<Lie> = fc.oneof(
  { arbitrary: fc.constant<Lie>((honest) => honest), weight: 4 },
  fc.uint8Array({ maxLength: 300 }).map(
    (bytes): Lie =>
      () =>
        bytes,
  ),
  fc.tuple(fc.uint8Array({ maxLength: 40 }), anySw).map(
    ([data, sw]): Lie =>
      () =>
        concatBytes(data, u16(sw)),
  ),
  anySw.map(
    (sw): Lie =>
      (honest) =>
        concatBytes(honest.subarray(0, -2), u16(sw)),
  ),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(
    ([at, flip]): Lie =>
      (honest) =>
        honest.map((byte, i) => (i === at % honest.length ? byte ^ flip : byte)),
  ),
  fc.nat(20).map(
    (cut): Lie =>
      (honest) =>
        honest.slice(0, -cut),
  ),
  fc.constantFrom(0, 1, 2, 258, 259, 70_000).map(
    (length): Lie =>
      () =>
        new Uint8Array(length).fill(0x90),
  ),
  endless,
);

const ids = [1, 2, 3, 9].map((id) => id as RecordId);
const object = "0011223344556677" as SyncObject;
const content = new Uint8Array(700);

const drain = async (records: AsyncIterable<unknown>): Promise<void> => {
  for await (const record of records) expect(record).toBeDefined();
};

/** Every method, with arguments that reach its loops. */
const CALLS: readonly ((card: PimCard) => Promise<unknown>)[] = [
  (card) => card.verify(PIN),
  (card) => card.pinTries(),
  (card) => card.startSync(CONTACTS, peer(1), { mayEvict: true }),
  (card) => card.listChanges(CONTACTS, "everything"),
  (card) => card.listChanges(CONTACTS, object),
  (card) => card.listIds(CONTACTS, "everything"),
  (card) => card.read(CONTACTS, ids),
  (card) => drain(card.readImage(CONTACTS)),
  (card) => card.create(CONTACTS, content),
  (card) => card.update(CONTACTS, 1 as RecordId, content),
  (card) => card.revive(CONTACTS, 3 as RecordId, content),
  (card) => card.delete(CONTACTS, 2 as RecordId),
  (card) => card.touch(CONTACTS, 1 as RecordId),
  (card) => card.prepareSync(CONTACTS, object),
  (card) => card.commitSync(CONTACTS, object),
  (card) => card.abortSync(CONTACTS, { dropPending: true }),
  (card) => card.databases(),
  (card) => card.peers(),
  (card) => card.identity(),
  (card) => card.freeSpace(),
  (card) => card.counters(),
  (card) => card.putLabel(CONTACTS, "label"),
  (card) => card.forgetPeer(CONTACTS, peer(2)),
  (card) => card.changePin(PIN, PIN),
  (card) => card.unblockPin(PUK, PIN),
  (card) => card.changePuk(PUK, PUK),
  (card) => card.wipe("0011223344556677" as CardUuid),
  (card) => card.close(),
];

/** A card with some records and peers, so that honest answers have something in them. */
const furnished = async (): Promise<Transport> => {
  const { transport } = createBench();
  const card = await PimCard.open(transport);
  await card.verify(PIN);
  for (const n of [1, 2, 3]) {
    const { proposed } = await card.startSync(CONTACTS, peer(n), { mayEvict: false });
    await card.create(CONTACTS, text(`record ${String(n)} `.repeat(60)));
    await card.commitSync(CONTACTS, proposed);
  }
  await card.delete(CONTACTS, 3 as RecordId);
  await transport.reset();
  return transport;
};

/** Far above what the furnished card needs for any call, far below what would keep a user waiting. */
const MOST_APDUS = 1000;

test("whatever a card answers: each call ends soon, with its outcome or a CardError", async () => {
  const lies = fc.array(lie, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      lies,
      fc.boolean(),
      fc.shuffledSubarray([...CALLS], { minLength: 8 }),
      async (script, isOpenHonest, calls) => {
        const transport = await furnished();
        let turn = 0;
        let apdus = 0;
        let isHonest = isOpenHonest;
        const hostile: Transport = {
          ...transport,
          transmit: async (command) => {
            if (++apdus > MOST_APDUS) throw new Error("the call does not end");
            const honest = await transport.transmit(command);
            return isHonest ? honest : (script[turn % script.length]?.(honest, ++turn) ?? honest);
          },
        };
        const attempt = async <Result>(
          call: () => Promise<Result>,
        ): Promise<Result | undefined> => {
          apdus = 0;
          try {
            return await call();
          } catch (error) {
            if (!(error instanceof CardError)) throw error;
            return undefined;
          }
        };
        const card = await attempt(() => PimCard.open(hostile));
        if (!card) return;
        await attempt(() => card.verify(PIN));
        isHonest = false;
        for (const call of calls) await attempt(() => call(card));
      },
    ),
    { numRuns: 1000 },
  );
});
