import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, fromHex, u16 } from "../../../../card/apdu/bytes.ts";
import { CardError } from "../../../../card/errors.ts";
import { PimCard } from "../../../../card/client/pim-card.ts";
import type { RecordId, SyncObject } from "../../../../card/commands/ids.ts";
import type { Transport } from "../../../../card/transport/transport.ts";
import { CONTACTS, createBench, login, peer, text } from "../../../support/card/virtual.ts";

/** A good card, of which one INS answers otherwise. */
const lying = (ins: number, answer: (command: Uint8Array) => Uint8Array): Transport => {
  const { transport } = createBench();
  return {
    ...transport,
    transmit: (command) =>
      command[1] === ins ? Promise.resolve(answer(command)) : transport.transmit(command),
  };
};

const malformed = { code: "CARD_MALFORMED" };
const ID = 1 as RecordId;

describe("a card that lies is found out", () => {
  test("LIST whose cursor stands still", async () => {
    const card = await login({ transport: lying(0x14, () => fromHex("00006310")) });
    await expect(card.listChanges(CONTACTS, "everything")).rejects.toMatchObject(malformed);
  });

  test("LIST with half an entry, with kind 0, with id 0", async () => {
    for (const bad of [
      "0001019000",
      `0001000000000100000001 0000 9000`,
      "0001010000000000000001 0000 9000",
    ]) {
      const card = await login({ transport: lying(0x14, () => fromHex(bad.replaceAll(" ", ""))) });
      await expect(card.listChanges(CONTACTS, "everything")).rejects.toMatchObject(malformed);
    }
  });

  test.each([
    ["never ends", "6310"],
    ["gives another record", "00000009000000 9000"],
    ["gives the same one again and again", "00000001000000 6310"],
    ["ends in a head", "000000 9000"],
    ["ends in a content", "00000001000005 6162 9000"],
  ])("READ that %s", async (_, answer) => {
    const card = await login({ transport: lying(0x16, () => fromHex(answer.replaceAll(" ", ""))) });
    await expect(card.read(CONTACTS, [ID])).rejects.toMatchObject(malformed);
  });

  test.each([
    "00000000 6310",
    "0001 9000",
    "00010008 00000001000005 61 6310",
    "00010000 00000001000005 61 9000",
  ])("READ IMAGE with %s", async (answer) => {
    const card = await login({ transport: lying(0x16, () => fromHex(answer.replaceAll(" ", ""))) });
    await expect(card.readImage(CONTACTS).next()).rejects.toMatchObject(malformed);
  });

  test("CREATE that stored something else, or was refused as a change", async () => {
    for (const bad of ["0000000100009000", "6985", "00009000"]) {
      const card = await login({ transport: lying(0x18, () => fromHex(bad)) });
      await expect(card.create(CONTACTS, text("x"))).rejects.toMatchObject(malformed);
    }
  });

  test("START with a short object, or without a proposed one", async () => {
    for (const bad of ["8101009000", "8202000083040000000 09000".replace(" ", ""), "81089000"]) {
      const card = await login({ transport: lying(0x12, () => fromHex(bad)) });
      await expect(card.startSync(CONTACTS, peer(1), { mayEvict: false })).rejects.toMatchObject(
        malformed,
      );
    }
  });

  test("peers without end, and an answer without end", async () => {
    const peers = await login({ transport: lying(0x22, () => fromHex("006310")) });
    await expect(peers.peers()).rejects.toMatchObject(malformed);
    const { transport } = createBench();
    const endless = {
      ...transport,
      transmit: (command: Uint8Array) =>
        command[1] === 0x10 || command[1] === 0xc0
          ? Promise.resolve(fromHex("616110"))
          : transport.transmit(command),
    };
    await expect((await login({ transport: endless })).databases()).rejects.toMatchObject(
      malformed,
    );
  });

  test("an answer of less than a status word is a broken reader", async () => {
    const card = await login({ transport: lying(0x10, () => Uint8Array.of(0x90)) });
    await expect(card.databases()).rejects.toMatchObject({ code: "CARD_READER_LOST" });
  });

  test("another applet's card", async () => {
    await expect(PimCard.open(lying(0xa4, () => fromHex("6a82")))).rejects.toMatchObject({
      code: "CARD_ABSENT",
    });
    await expect(PimCard.open(lying(0xa4, () => fromHex("6f009000")))).rejects.toMatchObject(
      malformed,
    );
  });

  test("whatever it answers, calls end, and with nothing but a CardError", async () => {
    const answers = fc.array(
      fc.tuple(
        fc.uint8Array({ maxLength: 24 }),
        fc.constantFrom(0x9000, 0x6310, 0x6105, 0x6c10, 0x63c2, 0x6985, 0x6f00),
      ),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(answers, async (script) => {
        const { transport } = createBench();
        let turn = 0;
        const hostile: Transport = {
          ...transport,
          transmit: (command) => {
            if (command[1] === 0xa4) return transport.transmit(command);
            const [data, sw] = script[turn++ % script.length] ?? [new Uint8Array(), 0x6f00];
            return Promise.resolve(concatBytes(data, u16(sw)));
          },
        };
        const card = await PimCard.open(hostile);
        const object = "0011223344556677" as SyncObject;
        const calls = [
          () => card.listChanges(CONTACTS, object),
          () => card.read(CONTACTS, [ID, 2 as RecordId]),
          () => card.readImage(CONTACTS).next(),
          () => card.create(CONTACTS, new Uint8Array(600)),
          () => card.startSync(CONTACTS, peer(1), { mayEvict: true }),
          () => card.peers(),
          () => card.databases(),
          () => card.counters(),
          () => card.verify("1234"),
        ];
        for (const call of calls) {
          await call().then(
            () => undefined,
            (error: unknown) => {
              expect(error).toBeInstanceOf(CardError);
            },
          );
        }
      }),
      { numRuns: 100 },
    );
  });
});
