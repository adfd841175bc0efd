import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CardError } from "../../card/index.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import type { ScriptedClient } from "../support/scripted-client.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create(64);
});
afterEach(() => world.destroy());

const names = (texts: Iterable<string>): readonly string[] =>
  [...texts].map((text) => /FN:([^\r\n]*)/.exec(text)?.[1] ?? "?").sort();

async function importCards(...cards: readonly string[]): Promise<void> {
  const bytes = Buffer.from(cards.join(""), "utf8");
  await world.bridge.items.import(world.held, "contacts", [{ name: "some.vcf", bytes }]);
}

/** Both sides hold Anna, Bert and Dora; then each side adds, changes or deletes one. */
async function withChanges(): Promise<ScriptedClient> {
  const client = world.client();
  client.add(vcard("Anna", "1"));
  client.add(vcard("Bert", "1"));
  await importCards(vcard("Dora", "2"));
  await client.sync();
  await client.sync();
  client.change(client.luidOf(vcard("Anna", "1")), vcard("Anna", "11"));
  client.delete(client.luidOf(vcard("Bert", "1")));
  client.add(vcard("Gina", "3"));
  await importCards(vcard("Hugo", "4"));
  return client;
}

async function countApdus(): Promise<number> {
  const client = await withChanges();
  let apdus = 0;
  world.beforeApdu = () => {
    apdus += 1;
  };
  await client.sync();
  await world.destroy();
  return apdus;
}

type Fault = "reset before" | "reset after" | "reader lost before" | "reader lost after";

/** The n-th APDU from now on meets the fault. */
function arm(fault: Fault, at: number): void {
  let apdus = 0;
  const strike = async (): Promise<void> => {
    if (fault.startsWith("reset")) await world.resetCard();
    else throw new CardError("CARD_READER_LOST", "the reader is gone");
  };
  const isBefore = fault.endsWith("before");
  world.beforeApdu = async () => {
    apdus += 1;
    if (isBefore && apdus === at) await strike();
  };
  world.afterApdu = async () => {
    if (!isBefore && apdus === at) await strike();
  };
}

describe.each(["reset before", "reset after", "reader lost before", "reader lost after"] as const)(
  "a card with the fault '%s', while the service runs on",
  (fault) => {
    it("at any APDU of a sync: the next sync is fast, nothing is lost or doubled", async () => {
      const apdus = await countApdus();
      expect(apdus).toBeGreaterThan(5);
      for (let at = 1; at <= apdus; at += 1) {
        world = await BridgeWorld.create(64);
        const client = await withChanges();
        arm(fault, at);
        await client.sync().catch(() => undefined);
        world.beforeApdu = undefined;
        world.afterApdu = undefined;
        const next = await client.sync();
        expect({ at, code: next.code }).toEqual({ at, code: 200 });
        expect(names(client.items.values())).toEqual(["Anna", "Dora", "Gina", "Hugo"]);
        expect(names(await world.contacts())).toEqual(["Anna", "Dora", "Gina", "Hugo"]);
        expect((await client.sync()).received).toEqual([]);
        await world.destroy();
      }
      world = await BridgeWorld.create(64);
    });
  },
);

describe("a card that was reset and opened again by somebody else in the middle of a sync", () => {
  it.each([2, 3])(
    "before message %i: that sync is over, the next one is fast, nothing is lost or doubled",
    async (at) => {
      const client = await withChanges();
      let message = 0;
      const sameClient = world.client({
        exchange: async (bytes, contentType, url) => {
          message += 1;
          if (message === at) {
            await world.resetCard();
            await world.contacts();
          }
          return world.exchange(bytes, contentType, url);
        },
      });
      sameClient.restore(client.snapshot());
      await sameClient.sync().catch(() => undefined);
      expect((await sameClient.sync()).code).toBe(200);
      expect(names(await world.contacts())).toEqual(["Anna", "Dora", "Gina", "Hugo"]);
      expect(names(sameClient.items.values())).toEqual(["Anna", "Dora", "Gina", "Hugo"]);
    },
  );
});

describe("a card between two syncs", () => {
  it("that was reset is opened again by whoever uses it next", async () => {
    const client = await withChanges();
    await world.resetCard();
    expect((await client.sync()).code).toBe(200);
    await world.resetCard();
    expect(names(await world.contacts())).toEqual(["Anna", "Dora", "Gina", "Hugo"]);
  });
});
