import { afterEach, beforeEach, expect, it } from "vitest";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import { CardUnderSync } from "../support/card-under-sync.ts";
import { ConnectionLost, type ScriptedClient } from "../support/scripted-client.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

const keyOf = (text: string): string =>
  `${/FN:([^\r\n]*)/.exec(text)?.[1] ?? "?"} ${/TEL[^:]*:([^\r\n]*)/.exec(text)?.[1] ?? "?"}`;
const keys = (texts: Iterable<string>): readonly string[] => [...texts].map(keyOf).sort();
const onCard = async (): Promise<readonly string[]> => keys(await world.contacts());
const BEFORE = ["Anna 1", "Bert 1", "Carla 1", "Dora 1"];
const AFTER = ["Anna 2", "Dora 1", "Emil 2", "Frida 2"];

const luidOf = (client: ScriptedClient, name: string): string =>
  client.luidOf([...client.items.values()].find((text) => text.includes(`FN:${name}`)) ?? "");

/** Anna changed, Bert and Carla deleted, Emil and Frida added. `forgotten`: the card remembers no deletion. */
async function syncToUndo(isForgotten: boolean): Promise<ScriptedClient> {
  const client = world.client();
  for (const name of ["Anna", "Bert", "Carla", "Dora"]) client.add(vcard(name, "1"));
  await client.sync();
  await client.sync();
  edit(client);
  await client.sync();
  for (let more = 0; isForgotten && more < 2; more += 1) await client.sync();
  const [contacts] = await world.held.run((card) => card.databases());
  expect(contacts?.tombstones === 0, "the card remembers no deletion").toBe(isForgotten);
  expect(await onCard()).toEqual(AFTER);
  return client;
}

function edit(client: ScriptedClient): void {
  client.change(luidOf(client, "Anna"), vcard("Anna", "2"));
  client.delete(luidOf(client, "Bert"));
  client.delete(luidOf(client, "Carla"));
  client.add(vcard("Emil", "2"));
  client.add(vcard("Frida", "2"));
}

/** The number of the sync that changed the card last. */
async function syncThatDeleted(): Promise<number> {
  const found = (await world.bridge.history(10)).find(({ received }) => received.deleted > 0);
  return found?.id ?? 0;
}

const undo = (sync: number): ReturnType<BridgeWorld["bridge"]["undo"]> =>
  world.bridge.undo({ sync, dryRun: false, force: false });

/** `POWER_CUTS=all` tries every moment in every way; else every moment in one way. */
const IS_FULL = process.env["POWER_CUTS"] === "all";
const waysAt = <Way>(at: number, ways: readonly Way[]): readonly Way[] =>
  IS_FULL ? ways : ways.slice(at % ways.length, (at % ways.length) + 1);
const WHEN = ["before", "after"] as const;

const CUTS = [
  ["before", "flickers"],
  ["inside", "is pulled"],
  ["after", "dies with the service"],
] as const;

/** INS of CREATE, UPDATE, REVIVE and of DELETE. */
const WRITES = new Set([0x18, 0x1a]);

/** Kills the service at its n-th APDU of an undo. @returns whether it came so far */
async function undoAndDie(sync: number, at: number, when: "before" | "after"): Promise<boolean> {
  let apdus = 0;
  let die = (): void => undefined;
  const died = new Promise<"died">((resolve) => {
    die = (): void => {
      resolve("died");
    };
  });
  const hook = (): Promise<void> | undefined => {
    apdus += 1;
    if (apdus !== at) return undefined;
    die();
    return new Promise(() => undefined);
  };
  if (when === "before") world.beforeApdu = hook;
  else world.afterApdu = hook;
  const outcome = await Promise.race([undo(sync), died]);
  world.beforeApdu = undefined;
  world.afterApdu = undefined;
  if (outcome === "died") await world.restart();
  return outcome === "died";
}

async function expectUndone(client: ScriptedClient): Promise<void> {
  expect(await onCard()).toEqual(BEFORE);
  await client.sync();
  await client.sync();
  expect(keys(client.items.values())).toEqual(BEFORE);
  expect(await onCard()).toEqual(BEFORE);
}

/** Card and store as they were saved, the phone as given. */
async function putBack(client: ScriptedClient, phone: unknown): Promise<void> {
  await world.kill();
  world.putStoreBack("store");
  await world.start();
  await world.putCardBack("card");
  client.restore(phone);
}

for (const isForgotten of [false, true])
  it(`an undo that is killed at any APDU is asked for again and doubles nothing${isForgotten ? ", also of deletions that the card has forgotten" : ""}`, async () => {
    const client = await syncToUndo(isForgotten);
    const sync = await syncThatDeleted();
    world.saveCard("card");
    await world.saveStore("store");
    const phone = client.snapshot();
    let deaths = 0;
    for (let at = 1; deaths === at - 1; at += 1)
      for (const when of waysAt(at, WHEN)) {
        await putBack(client, phone);
        if (await undoAndDie(sync, at, when)) deaths = at;
        await undo(sync);
        await expectUndone(client);
      }
    expect(deaths).toBeGreaterThan(5);
  });

it("a sync that is killed at any APDU is undone: what it did not do is left, what it did goes", async () => {
  const client = world.client();
  for (const name of ["Anna", "Bert", "Carla", "Dora"]) client.add(vcard(name, "1"));
  await client.sync();
  await client.sync();
  edit(client);
  world.saveCard("card");
  await world.saveStore("store");
  const phone = client.snapshot();
  let changed = 0;
  for (let at = 1; at <= 8; at += 1)
    for (const when of waysAt(at, WHEN)) {
      await putBack(client, phone);
      world.resetMessages();
      const before = await world.bridge.history(1);
      const hasDied = await dieInMessage(2, { apdu: at, when }, client);
      const [last] = await world.bridge.history(1);
      if (last === undefined || last.id === before[0]?.id) continue;
      expect(last.outcome).toBe(hasDied ? "interrupted" : "ok");
      if (hasDied && (await onCard()).join() !== BEFORE.join()) changed += 1;
      await undo(last.id);
      expect(await onCard(), `${when} APDU ${String(at)}`).toEqual(BEFORE);
    }
  expect(changed, "syncs that died after a write").toBeGreaterThan(2);
});

/** Kills the service at an APDU of the n-th message. @returns whether it came so far */
async function dieInMessage(
  message: number,
  death: NonNullable<BridgeWorld["dieAt"]>,
  client: ScriptedClient,
): Promise<boolean> {
  let isArmed = false;
  world.beforeApdu = (): void => {
    if (isArmed || world.messages !== message) return;
    isArmed = true;
    world.dieAt = death;
  };
  try {
    await client.sync();
    return false;
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    return true;
  } finally {
    world.beforeApdu = undefined;
    world.dieAt = undefined;
  }
}

it("a card that fails in the middle leaves an undo that says so, and goes on when asked again", async () => {
  const client = await syncToUndo(false);
  const sync = await syncThatDeleted();
  let writes = 0;
  world.beforeApdu = (command): void => {
    if (!WRITES.has(command[1] ?? 0)) return;
    writes += 1;
    if (writes === 3) throw new Error("the reader is gone");
  };
  await expect(undo(sync)).rejects.toThrow();
  world.beforeApdu = undefined;
  expect((await world.bridge.history(1))[0]).toMatchObject({ role: "undo", outcome: "failed" });
  await undo(sync);
  await expectUndone(client);
});

it("an undo whose card loses power at any write is asked for again: nothing is lost or doubled", async () => {
  const bench = await CardUnderSync.create();
  try {
    const { client } = bench;
    for (const name of ["Anna", "Bert", "Carla", "Dora"]) client.add(vcard(name, "1"));
    await client.sync();
    await client.sync();
    edit(client);
    await client.sync();
    await bench.save();
    const sync = (await bench.world.bridge.history(1))[0]?.id ?? 0;
    const undoIt = (): Promise<unknown> =>
      bench.world.bridge.undo({ sync, dryRun: false, force: false });
    const writes = await bench.cutDuring(undoIt, undefined, "flickers");
    expect(writes).toBeGreaterThan(5);
    for (let atWrite = 0; atWrite < writes; atWrite += 1)
      for (const [where, comeback] of waysAt(atWrite, CUTS)) {
        await bench.putBack();
        await bench.cutDuring(undoIt, { atWrite, where }, comeback);
        await undoIt();
        const name = `write ${String(atWrite)}, ${where}, the card ${comeback}`;
        expect(keys(await bench.world.contacts()), name).toEqual(BEFORE);
        await client.sync();
        await client.sync();
        expect(keys(client.items.values()), name).toEqual(BEFORE);
      }
  } finally {
    await bench.destroy();
  }
});
