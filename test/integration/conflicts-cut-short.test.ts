import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConflictPolicy } from "../../src/bridge/conflict.ts";
import { CardUnderSync } from "../support/card-under-sync.ts";
import { vcard } from "../support/bridge-world.ts";
import {
  AS_NOBODY,
  CONTACTS,
  editCard,
  keysOf,
  record,
  synchronized,
} from "../support/reference-syncs.ts";

let bench: CardUnderSync;
beforeEach(async () => {
  bench = await CardUnderSync.create({ commandsPerMessage: 1 });
});
afterEach(() => bench.destroy());

/** Both sides change Anna; the client adds Ida, so that its package has a second message. */
async function conflict(policy: ConflictPolicy): Promise<void> {
  const { client, world } = bench;
  world.policy = policy;
  await synchronized(bench);
  client.change(client.luidOf(vcard("Anna", "1")), vcard("Anna", "client"));
  client.add(vcard("Ida", "client"));
  await editCard(bench, (card, idOf) =>
    card.update(CONTACTS, idOf("Anna"), record("Anna", "card"), AS_NOBODY),
  );
}

/** @returns the versions of Anna on both sides after a message was lost and the next sync was not */
async function loseAndGoOn(message: number, what: "request" | "answer"): Promise<unknown> {
  const { client, world } = bench;
  world.resetMessages();
  world.fault = { message, what };
  await expect(client.sync()).rejects.toThrow();
  world.fault = undefined;
  expect((await client.sync()).code).toBe(200);
  const annas = (texts: Iterable<string>): readonly string[] =>
    keysOf(texts).filter((key) => key.startsWith("Anna"));
  expect(annas(client.items.values())).toEqual(annas(await world.contacts()));
  return annas(client.items.values());
}

describe("a conflict whose session breaks off after it was settled", () => {
  it.each([
    [2, "answer"],
    [3, "request"],
    [3, "answer"],
    [4, "request"],
  ] as const)("makes one copy, message %i, %s lost", async (message, what) => {
    await conflict("duplicate");
    expect(await loseAndGoOn(message, what)).toEqual(["Anna card", "Anna client"]);
  });

  it.each([
    [2, "answer"],
    [3, "answer"],
    [4, "request"],
  ] as const)("is won by the card for good, message %i, %s lost", async (message, what) => {
    await conflict("server-wins");
    expect(await loseAndGoOn(message, what)).toEqual(["Anna card"]);
  });
});

describe("a one-way sync from the client that died at its commit", () => {
  it("is committed when the client shows that it has finished, and the next sync goes on from there", async () => {
    await bench.destroy();
    bench = await CardUnderSync.create({ commitsOn: "mapSent" });
    const { client, world } = bench;
    await synchronized(bench);
    client.add(vcard("Ida", "client"));
    const writes = await bench.syncAndCut(202, undefined, "flickers");
    client.add(vcard("Kim", "client"));
    await bench.syncAndCut(202, { atWrite: writes - 1, where: "before" }, "flickers");
    const next = await client.sync();
    expect([next.code, next.statuses.some(({ code }) => code >= 400)]).toEqual([200, false]);
    expect(keysOf(await world.contacts())).toEqual(keysOf(client.items.values()));
  });
});

describe("a slow sync that broke off after it had made a record anew", () => {
  it("leaves its number to that record: both sides are equal after one more sync", async () => {
    const { client, world } = bench;
    await synchronized(bench);
    for (const name of ["Dora", "Emil"])
      await editCard(bench, (card, idOf) => card.delete(CONTACTS, idOf(name), AS_NOBODY));
    await bench.save();
    const writes = await bench.syncAndCut(201, undefined, "flickers");
    for (let atWrite = 1; atWrite < writes; atWrite += 1) {
      await bench.putBack();
      await bench.syncAndCut(201, { atWrite, where: "after" }, "dies with the service");
      await client.sync();
      expect(keysOf(client.items.values())).toEqual(keysOf(await world.contacts()));
      expect((await client.sync()).received).toEqual([]);
    }
  });
});
