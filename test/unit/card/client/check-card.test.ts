import { describe, expect, it } from "vitest";
import { concatBytes, readU32, u32 } from "../../../../card/apdu/bytes.ts";
import { checkCard, type CardFinding } from "../../../../card/client/check-card.ts";
import { PimCard } from "../../../../card/client/pim-card.ts";
import type { Transport } from "../../../../card/transport/transport.ts";
import { VirtualCard } from "../../../../card/virtual/virtual-card.ts";
import {
  type Bench,
  CONTACTS,
  countingRandom,
  createBench,
  EVENTS,
  login,
  peer,
  PIN,
  settle,
  text,
  transportOf,
} from "../../../support/card/virtual.ts";

/** A card with records of several blocks, a tombstone, a label and a peer. */
async function inhabited(): Promise<Bench> {
  const bench = createBench();
  const card = await login(bench);
  await card.putLabel(CONTACTS, "Ada");
  await settle(card, peer(1));
  const first = await card.create(CONTACTS, text("first"));
  await card.create(CONTACTS, text("second ".repeat(60)));
  await card.create(EVENTS, text("third ".repeat(20)));
  if (first.type === "written") await card.delete(CONTACTS, first.id);
  return bench;
}

const check = async (transport: Transport): Promise<readonly CardFinding[]> =>
  checkCard(await login({ transport }));

const texts = (findings: readonly CardFinding[]): string =>
  findings.map(({ severity, text: said }) => `${severity}: ${said}`).join("\n");

/** The same memory in a card that is powered up anew, once a byte of it was changed. */
function damaged({ nvm }: Bench, find: (memory: Uint8Array) => number): Transport {
  const { image } = nvm;
  const at = find(image);
  image[at] = (image[at] ?? 0) ^ 0x80;
  return transportOf(new VirtualCard(nvm, countingRandom()));
}

const INS = { getData: 0xca, listChanges: 0x14, listPeers: 0x22 };

/** A card that answers one command with other data than the real one. */
const lying = (
  { transport }: Bench,
  ins: number,
  change: (answer: Uint8Array, command: Uint8Array) => Uint8Array,
): Transport => ({
  ...transport,
  transmit: async (command, signal) => {
    const answer = await transport.transmit(command, signal);
    return command[1] === ins ? change(answer, command) : answer;
  },
});

describe("the check of a card", () => {
  it("finds nothing on a sound card, full of everything or empty", async () => {
    expect(await check((await inhabited()).transport)).toEqual([]);
    expect(await check(createBench().transport)).toEqual([]);
  });

  it("writes nothing", async () => {
    const bench = await inhabited();
    const card = await login(bench);
    const { writes } = bench.nvm;
    await checkCard(card);
    expect(bench.nvm.writes).toBe(writes);
  });

  it("finds a content that has changed by itself", async () => {
    const content = Buffer.from("second second");
    const transport = damaged(await inhabited(), (memory) => Buffer.from(memory).indexOf(content));
    expect(texts(await check(transport))).toMatch(/^error: .*1.*record 2 .*$/);
  });

  it("finds a label that is no text", async () => {
    const transport = damaged(await inhabited(), (memory) => Buffer.from(memory).indexOf("Ada"));
    expect(texts(await check(transport))).toMatch(/^warning: .*label.*$/);
  });

  it("finds tries that were used up", async () => {
    const bench = await inhabited();
    const card = await PimCard.open(bench.transport);
    await card.verify("0000");
    for (let tries = 0; tries < 8; tries++) await card.changePuk("00000000", "11111111");
    await card.verify(PIN);
    expect(texts(await checkCard(card))).toBe("warning: the PUK has 2 tries left");
  });

  it("finds a counter that ran back: records and peers are newer than the card", async () => {
    const counters = 0x21;
    const transport = lying(await inhabited(), INS.getData, (answer, command) =>
      command[3] === counters ? concatBytes(u32(0), answer.subarray(4)) : answer,
    );
    const found = texts(await check(transport));
    expect(found).toContain("newer than the card");
    expect(found).not.toContain("warning");
  });

  it("finds a peer that has seen more than there was", async () => {
    const SEEN_AT = 1 + 10;
    const transport = lying(await inhabited(), INS.listPeers, (answer) =>
      concatBytes(answer.subarray(0, SEEN_AT), u32(1000), answer.subarray(SEEN_AT + 4)),
    );
    expect(texts(await check(transport))).toMatch(/^error: peer 1 .*$/);
  });

  it("finds counts that are not those of the lists, and a record that is listed only", async () => {
    const bench = await inhabited();
    const ENTRY_BYTES = 11;
    const missing = lying(bench, INS.listChanges, (answer, command) =>
      command[2] === 1
        ? concatBytes(answer.subarray(0, -2 - ENTRY_BYTES), answer.subarray(-2))
        : answer,
    );
    expect(texts(await check(missing))).toContain("error: ");
    const renamed = lying(bench, INS.listChanges, (answer, command) => {
      if (command[2] !== 2) return answer;
      const id = readU32(answer, 3);
      return concatBytes(answer.subarray(0, 3), u32(id - 1), answer.subarray(7));
    });
    const found = texts(await check(renamed));
    expect(found).toContain("cannot be read");
    expect(found).toContain("twice");
  });

  it("goes on to the next database where one breaks the protocol", async () => {
    const transport = lying(await inhabited(), INS.listChanges, (answer, command) =>
      command[2] === 1 ? answer.subarray(1) : answer,
    );
    expect(texts(await check(transport))).toMatch(/^error: .*CARD_MALFORMED.*$/);
  });
});
