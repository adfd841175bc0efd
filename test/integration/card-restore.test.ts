import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backupOperations } from "../../src/control/backup-operations.ts";
import type { CardContents } from "../../src/control/card-contents.ts";
import { cardAdministration } from "../../src/control/card-operations.ts";
import { AccountStore } from "../../src/store/accounts.ts";
import { createCipher } from "../../src/store/cipher.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import type { ScriptedClient } from "../support/scripted-client.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

const SLOW = 201;
const FAST = 200;

const accounts = (): AccountStore =>
  new AccountStore({
    db: world.db,
    cipher: createCipher(world.key),
    clock: { now: () => world.nowMs },
  });

function operations(): ReturnType<typeof backupOperations> & ReturnType<typeof cardAdministration> {
  const parts = {
    accounts: accounts(),
    bridge: world.bridge,
    pick: () => world.held,
    checkLabel: () => undefined,
  };
  return { ...backupOperations(parts), ...cardAdministration(parts) };
}

const backUp = async (): Promise<CardContents> => {
  const { databases } = await operations().cardBackup({});
  return { databases };
};

const restore = (contents: CardContents, dryRun = false): Promise<unknown> =>
  operations().cardRestore({ contents, dryRun });

const keyOf = (text: string): string =>
  `${/FN:([^\r\n]*)/.exec(text)?.[1] ?? "?"} ${/TEL[^:]*:([^\r\n]*)/.exec(text)?.[1] ?? "?"}`;
const keys = (texts: Iterable<string>): readonly string[] => [...texts].map(keyOf).sort();
const onCard = async (): Promise<readonly string[]> => keys(await world.contacts());
const onClient = (client: ScriptedClient): readonly string[] => keys(client.items.values());

const importText = (text: string): Promise<unknown> =>
  world.bridge.items.import(world.held, "contacts", [
    { name: "a.vcf", bytes: Buffer.from(text, "utf8") },
  ]);

/** Anna and Bert came from the client, Carla from the card; both hold all of them. */
async function synchronized(): Promise<ScriptedClient> {
  const client = world.client();
  client.add(vcard("Anna", "1"));
  client.add(vcard("Bert", "2"));
  await importText(vcard("Carla", "3"));
  await client.sync();
  expect(await onCard()).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
  return client;
}

describe("a card that was restored", () => {
  it("leads to one slow sync, in which nothing is lost and nothing doubled", async () => {
    const client = await synchronized();
    const contents = await backUp();
    const { uuid } = world.held;
    await accounts().bindCard("me", uuid);
    client.add(vcard("Dora", "4"));
    await importText(vcard("Emil", "5"));
    await client.sync();
    client.add(vcard("Fritz", "6"));
    await importText(vcard("Gerda", "7"));
    expect(await restore(contents)).toEqual({ lost: 6, restored: 3 });
    expect(await onCard()).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
    expect(world.held.uuid).not.toBe(uuid);
    expect(await accounts().cardOf("me")).toBe(world.held.uuid);
    // Gerda was on the card alone, and is in no backup.
    const all = ["Anna 1", "Bert 2", "Carla 3", "Dora 4", "Emil 5", "Fritz 6"];
    expect((await client.sync()).code).toBe(SLOW);
    expect(await onCard()).toEqual(all);
    expect(onClient(client)).toEqual(all);
    const next = await client.sync();
    expect([next.code, next.received]).toEqual([FAST, []]);
    expect(await onCard()).toEqual(all);
  });

  it("gets back from a peer what was changed since, and gives back what a peer had deleted", async () => {
    const client = await synchronized();
    const contents = await backUp();
    client.change(client.luidOf(vcard("Anna", "1")), vcard("Anna", "11"));
    client.delete(client.luidOf(vcard("Bert", "2")));
    await client.sync();
    expect(await onCard()).toEqual(["Anna 11", "Carla 3"]);
    await restore(contents);
    expect((await client.sync()).code).toBe(SLOW);
    expect(await onCard()).toEqual(onClient(client));
    expect(onClient(client)).toContain("Bert 2");
    expect(onClient(client)).toContain("Carla 3");
    expect(onClient(client).filter((each) => each === "Anna 11")).toHaveLength(1);
    expect((await client.sync()).code).toBe(FAST);
  });

  it("is the same after a restart in the middle of everything, and when it is done again", async () => {
    const client = await synchronized();
    const contents = await backUp();
    world.afterApdu = (command) => {
      if (command[1] === 0x18) throw new Error("the service is gone");
    };
    await expect(restore(contents)).rejects.toThrow("gone");
    world.afterApdu = undefined;
    await world.restart();
    expect(await onCard()).toHaveLength(1);
    expect(await restore(contents)).toEqual({ lost: 1, restored: 3 });
    expect(await onCard()).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
    expect((await client.sync()).code).toBe(SLOW);
    expect(await onCard()).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
    expect(onClient(client)).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
  });

  it("is left alone where only asked about, and where the backup is too large", async () => {
    await synchronized();
    const contents = await backUp();
    const { uuid } = world.held;
    expect(await restore(contents, true)).toEqual({ lost: 3, restored: 3 });
    const record = Buffer.alloc(60_000).toString("base64");
    const large = { database: 1, label: "", records: Array.from({ length: 20 }, () => record) };
    await expect(restore({ databases: [large] })).rejects.toMatchObject({ code: "BRIDGE_REFUSED" });
    expect(world.held.uuid).toBe(uuid);
    expect(await onCard()).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
  });
});

describe("under a sync", () => {
  it("a card is neither erased nor restored nor made to forget", async () => {
    await synchronized();
    const contents = await backUp();
    const lease = world.held.lease();
    const busy = { code: "BRIDGE_BUSY" };
    await expect(restore(contents)).rejects.toMatchObject(busy);
    await expect(operations().cardWipe({ dryRun: false })).rejects.toMatchObject(busy);
    await expect(operations().cardForget({ peer: "all" })).rejects.toMatchObject(busy);
    lease.end();
    expect(await onCard()).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
  });
});

describe("a card that was erased", () => {
  it("is filled again by its peers", async () => {
    const client = await synchronized();
    await operations().cardWipe({ dryRun: false });
    expect(await onCard()).toEqual([]);
    expect(await world.db.selectFrom("image").selectAll().execute()).toEqual([]);
    expect((await client.sync()).code).toBe(SLOW);
    expect(await onCard()).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
    expect(onClient(client)).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
  });
});

describe("peers of a card", () => {
  it("are named where there is a link, and forgotten by device, tag or all", async () => {
    const client = await synchronized();
    const other = world.client({ deviceId: "phone-2" });
    await other.sync();
    const peers = await operations().cardPeers({});
    expect(peers).toMatchObject([
      { database: "contacts", user: "me", device: "phone-1", holds: ["current"] },
      { database: "contacts", user: "me", device: "phone-2", holds: ["current"] },
    ]);
    expect(await operations().cardForget({ peer: "phone-1" })).toHaveLength(1);
    expect((await client.sync()).code).toBe(SLOW);
    expect((await other.sync()).code).toBe(FAST);
    expect(await operations().cardForget({ peer: peers[1]?.tag ?? "" })).toHaveLength(1);
    expect((await other.sync()).code).toBe(SLOW);
    expect(await operations().cardForget({ peer: "all" })).toHaveLength(2);
    expect((await client.sync()).code).toBe(SLOW);
    expect(await onCard()).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
    expect(onClient(other)).toEqual(["Anna 1", "Bert 2", "Carla 3"]);
  });
});
