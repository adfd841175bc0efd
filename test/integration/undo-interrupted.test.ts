import { afterEach, beforeEach, expect, it } from "vitest";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
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
async function syncToUndo(isForgotten: boolean): Promise<readonly ScriptedClient[]> {
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
  return [client];
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

const expectUndone = async (clients: readonly ScriptedClient[]): Promise<void> => {
  expect(await onCard()).toEqual(BEFORE);
  for (const client of clients) {
    await client.sync();
    await client.sync();
    expect(keys(client.items.values())).toEqual(BEFORE);
  }
  expect(await onCard()).toEqual(BEFORE);
};

for (const isForgotten of [false, true])
  for (const when of ["before", "after"] as const)
    it(`an undo that is killed ${when} any APDU is asked for again and doubles nothing${isForgotten ? ", also of deletions that the card has forgotten" : ""}`, async () => {
      const clients = await syncToUndo(isForgotten);
      const sync = await syncThatDeleted();
      world.saveCard("card");
      await world.saveStore("store");
      const phone = clients.map((client) => client.snapshot());
      for (let at = 1; ; at += 1) {
        await world.kill();
        world.putStoreBack("store");
        await world.start();
        await world.putCardBack("card");
        clients.forEach((client, index) => {
          client.restore(phone[index]);
        });
        const hasDied = await undoAndDie(sync, at, when);
        await undo(sync);
        await expectUndone(clients);
        if (!hasDied) break;
        expect(at).toBeLessThan(60);
      }
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
  for (const when of ["before", "after"] as const)
    for (let at = 1; at <= 8; at += 1) {
      await world.kill();
      world.putStoreBack("store");
      await world.start();
      await world.putCardBack("card");
      client.restore(phone);
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
  expect(changed, "syncs that died after a write").toBeGreaterThan(5);
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
  const clients = await syncToUndo(false);
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
  await expectUndone(clients);
});
