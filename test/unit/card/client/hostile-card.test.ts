import { describe, expect, test } from "vitest";
import { concatBytes, fromHex, toHex, u16, u32 } from "../../../../card/apdu/bytes.ts";
import { PimCard } from "../../../../card/client/pim-card.ts";
import type { RecordId } from "../../../../card/commands/ids.ts";
import { AID } from "../../../../card/commands/select.ts";
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

const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(" ", ""));
const SELECT = Uint8Array.of(0x00, 0xa4, 0x04, 0x00, AID.length, ...AID, 0x00);
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

  test("another applet's card", async () => {
    await expect(PimCard.open(lying(0xa4, () => fromHex("6a82")))).rejects.toMatchObject({
      code: "CARD_ABSENT",
    });
    await expect(PimCard.open(lying(0xa4, () => fromHex("6f009000")))).rejects.toMatchObject(
      malformed,
    );
  });

  test.each([
    [
      "kind 1, id 1, twice on one page",
      "0001 01000000010000000100 00 01000000010000000100 00 9000",
    ],
    ["the same entry on every page", "{next} 01000000010000000100 00 6310"],
    ["nothing on every page", "{next} 6310"],
  ])("LIST with %s", async (_, pattern) => {
    let next = 0;
    let apdus = 0;
    const lies = lying(0x14, () => {
      apdus++;
      return fromHex(pattern.replace("{next}", toHex(u16(++next))).replaceAll(" ", ""));
    });
    const card = await login({ transport: lies });
    await expect(card.listChanges(CONTACTS, "everything")).rejects.toMatchObject(malformed);
    expect(apdus).toBeLessThan(300);
  });

  test("LIST whose pages hold one new record each ends where a card's headers end", async () => {
    let next = 0;
    const lies = lying(0x14, () =>
      concatBytes(u16(++next), Uint8Array.of(1), u32(next), fromHex("6310")),
    );
    const card = await login({ transport: lies });
    await expect(card.listIds(CONTACTS, "everything")).rejects.toMatchObject(malformed);
    expect(next).toBeLessThan(400);
  });

  test("peers that share a slot, databases that share a number", async () => {
    const entry = `01 01 ${"aa".repeat(8)} 00000000 0000 00`;
    const peers = await login({ transport: lying(0x22, () => bytes(`ff ${entry} ${entry} 9000`)) });
    await expect(peers.peers()).rejects.toMatchObject(malformed);
    const database = "a011 800101 810101 82020000 83020000 8400";
    const databases = await login({
      transport: lying(0x10, () => bytes(`${database} ${database} 9000`)),
    });
    await expect(databases.databases()).rejects.toMatchObject(malformed);
  });

  test("READ that gives the first of two records for ever", async () => {
    const card = await login({ transport: lying(0x16, () => bytes("00000001 00 0000 6310")) });
    await expect(card.read(CONTACTS, [ID, 2 as RecordId])).rejects.toMatchObject(malformed);
  });

  test("READ that gives them the other way round", async () => {
    const lies = lying(0x16, () => bytes("00000002 00 0000 00000001 00 0000 9000"));
    const card = await login({ transport: lies });
    await expect(card.read(CONTACTS, [ID, 2 as RecordId])).rejects.toMatchObject(malformed);
  });

  test("READ that gives a long record one byte at a time", async () => {
    let apdus = 0;
    const lies = lying(0x16, () =>
      apdus++ === 0 ? bytes("00000001 00 fff8 6310") : bytes("61 6310"),
    );
    const card = await login({ transport: lies });
    await expect(card.read(CONTACTS, [ID])).rejects.toMatchObject(malformed);
    expect(apdus).toBeLessThan(300);
  });

  test.each([
    ["the same record again and again", "{next} 0000 00000001 00 0000 6310"],
    ["nothing", "{next} 0000 6310"],
  ])("READ IMAGE with %s on pages that advance", async (_, pattern) => {
    let next = 0;
    const lies = lying(0x16, () => bytes(pattern.replace("{next}", toHex(u16(++next)))));
    const card = await login({ transport: lies });
    const readAll = async (): Promise<void> => {
      for await (const record of card.readImage(CONTACTS)) expect(record.id).toBe(ID);
    };
    await expect(readAll()).rejects.toMatchObject(malformed);
    expect(next).toBeLessThan(300);
  });

  test.each([0, 1])("an answer of %i bytes is a broken reader", async (length) => {
    const card = await login({ transport: lying(0x10, () => new Uint8Array(length)) });
    await expect(card.databases()).rejects.toMatchObject({ code: "CARD_READER_LOST" });
  });

  test("an answer of 70000 bytes", async () => {
    const card = await login({ transport: lying(0x10, () => new Uint8Array(70_000)) });
    await expect(card.databases()).rejects.toMatchObject(malformed);
  });

  test("a card that claims to take longer commands than there are", async () => {
    const { transport } = createBench();
    const claims = toHex(await transport.transmit(SELECT)).replace("df040400f7", "df0404ffff");
    const sent: Uint8Array[] = [];
    const card = await login({
      transport: {
        ...transport,
        transmit: async (command) => {
          sent.push(command);
          const answer = await transport.transmit(command);
          return command[1] === 0xa4 ? fromHex(claims) : answer;
        },
      },
    });
    expect(await card.create(CONTACTS, new Uint8Array(600))).toMatchObject({ type: "written" });
    expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(261);
  });
});
