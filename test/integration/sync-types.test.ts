import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ConflictPolicy } from "../../src/bridge/conflict.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import { ScriptedClient, type SyncOutcome } from "../support/scripted-client.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

const CODES = {
  slow: 201,
  fromClient: 202,
  refreshFromClient: 203,
  fromServer: 204,
  refreshFromServer: 205,
};

const NOBODY_BIT = 0x80;

const keyOf = (text: string): string =>
  `${/FN:([^\r\n]*)/.exec(text)?.[1] ?? "?"} ${/TEL[^:]*:([^\r\n]*)/.exec(text)?.[1] ?? "?"}`;
const keys = (texts: Iterable<string>): readonly string[] => [...texts].map(keyOf).sort();
const onCard = async (): Promise<readonly string[]> => keys(await world.contacts());
const onClient = (client: ScriptedClient): readonly string[] => keys(client.items.values());

const importText = (text: string): Promise<unknown> =>
  world.bridge.items.import(world.held, "contacts", [
    { name: "a.vcf", bytes: Buffer.from(text, "utf8") },
  ]);

async function removeFromCard(title: string): Promise<void> {
  const list = await world.bridge.items.list(world.held, "contacts");
  const id = list.find((item) => item.title === title)?.id ?? 0;
  await world.bridge.items.remove(world.held, "contacts", id);
}

/** Anna came from the client, Carla from the card; both hold both. */
async function synchronized(
  options: Parameters<BridgeWorld["client"]>[0] = {},
): Promise<ScriptedClient> {
  const client = world.client(options);
  client.add(vcard("Anna", "1"));
  await importText(vcard("Carla", "2"));
  await client.sync();
  return client;
}

const history = async (): ReturnType<BridgeWorld["bridge"]["history"]> => world.bridge.history(10);

const itemStatuses = (outcome: SyncOutcome): readonly number[] =>
  outcome.statuses
    .filter((status) => ["Add", "Replace", "Delete"].includes(status.cmd))
    .map((status) => status.code);

/** A second peer's edit of a record: what the first peer finds changed by others. */
async function editByOther(from: string, to: string): Promise<void> {
  const other = world.client({ deviceId: "other-1" });
  await other.sync();
  other.change(
    other.luidOf([...other.items.values()].find((text) => keyOf(text) === from) ?? ""),
    to,
  );
  await other.sync();
}

describe("sync types", () => {
  it("one-way from the client: the card takes, gives nothing, and gives it in the next two-way sync", async () => {
    const client = await synchronized();
    client.add(vcard("Bert", "3"));
    await importText(vcard("Dora", "4"));
    const outcome = await client.sync(CODES.fromClient);
    expect(outcome.code).toBe(202);
    expect(outcome.received).toEqual([]);
    expect(await onCard()).toEqual(["Anna 1", "Bert 3", "Carla 2", "Dora 4"]);
    expect(onClient(client)).toEqual(["Anna 1", "Bert 3", "Carla 2"]);
    const next = await client.sync();
    expect(next.code).toBe(200);
    expect(onClient(client)).toEqual(await onCard());
    expect(next.received).toHaveLength(1);
  });

  it("one-way from the card: the client takes, and its own changes wait for the next two-way sync", async () => {
    const client = await synchronized();
    await importText(vcard("Dora", "4"));
    const outcome = await client.sync(CODES.fromServer);
    expect(outcome.code).toBe(204);
    expect(onClient(client)).toEqual(["Anna 1", "Carla 2", "Dora 4"]);
    expect((await client.sync()).received).toEqual([]);
  });

  it("refresh from the client: the card holds what the client holds, under the same records where they are equal", async () => {
    const client = await synchronized();
    const before = await world.bridge.items.list(world.held, "contacts");
    await importText(vcard("Dora", "4"));
    client.add(vcard("Bert", "3"));
    const outcome = await client.sync(CODES.refreshFromClient);
    expect(outcome.code).toBe(203);
    expect(await onCard()).toEqual(["Anna 1", "Bert 3", "Carla 2"]);
    const after = await world.bridge.items.list(world.held, "contacts");
    for (const item of before) expect(after.map(({ id }) => id)).toContain(item.id);
    expect((await client.sync()).code).toBe(200);
    expect((await history())[1]).toMatchObject({
      typeDone: "refresh-from-client",
      received: { deleted: 1 },
    });
  });

  it("refresh from the client: what was changed on the card is put back", async () => {
    const client = await synchronized();
    await editByOther("Anna 1", vcard("Anna", "card"));
    await client.sync(CODES.refreshFromClient);
    expect(await onCard()).toEqual(["Anna 1", "Carla 2"]);
    expect(onClient(client)).toEqual(await onCard());
  });

  it("refresh from the card: the client holds what the card holds", async () => {
    const client = await synchronized();
    client.change(client.luidOf(vcard("Anna", "1")), vcard("Anna", "9"));
    client.add(vcard("Bert", "3"));
    const outcome = await client.sync(CODES.refreshFromServer);
    expect(outcome.code).toBe(205);
    expect(onClient(client)).toEqual(["Anna 1", "Carla 2"]);
    const quiet = await client.sync();
    expect(quiet.code).toBe(200);
    expect(quiet.received).toEqual([]);
  });

  it("a slow sync that was asked for doubles nothing and keeps the records", async () => {
    const client = await synchronized();
    const before = await world.bridge.items.list(world.held, "contacts");
    expect((await client.sync(CODES.slow)).received).toEqual([]);
    expect(await world.bridge.items.list(world.held, "contacts")).toEqual(before);
  });

  it("twins on both sides stay twins", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    client.add(vcard("Anna", "1"));
    await importText(vcard("Anna", "1") + vcard("Anna", "1") + vcard("Anna", "1"));
    await client.sync();
    expect(onClient(client)).toEqual(["Anna 1", "Anna 1", "Anna 1"]);
    expect(await onCard()).toEqual(onClient(client));
  });

  it("an interrupted refresh leads to a slow sync, and nothing is lost", async () => {
    const client = await synchronized();
    world.resetMessages();
    world.fault = { message: 2, what: "request" };
    await client.sync(CODES.refreshFromClient).catch(() => undefined);
    world.fault = undefined;
    expect((await client.sync()).code).toBe(201);
    expect(await onCard()).toEqual(["Anna 1", "Carla 2"]);
    expect(onClient(client)).toEqual(await onCard());
    expect((await client.sync()).code).toBe(200);
  });
});

describe("conflicts: both sides changed the same item", () => {
  async function conflict(
    policy: ConflictPolicy,
    revs = false,
  ): Promise<[ScriptedClient, SyncOutcome]> {
    world.policy = policy;
    const client = await synchronized();
    const rev = (day: string): string => (revs ? `REV:2026-01-${day}T00:00:00Z\r\n` : "");
    await editByOther("Anna 1", vcard("Anna", "card", rev("01")));
    client.change(client.luidOf(vcard("Anna", "1")), vcard("Anna", "peer", rev("02")));
    return [client, await client.sync()];
  }

  it("server-wins: 419, and the client gets the card's version", async () => {
    const [client, outcome] = await conflict("server-wins");
    expect(itemStatuses(outcome)).toEqual([419]);
    expect(onClient(client)).toEqual(["Anna card", "Carla 2"]);
    expect(await onCard()).toEqual(onClient(client));
  });

  it("client-wins: 208, and the card gets the client's version", async () => {
    const [client, outcome] = await conflict("client-wins");
    expect(itemStatuses(outcome)).toEqual([208]);
    expect(await onCard()).toEqual(["Anna peer", "Carla 2"]);
    expect(onClient(client)).toEqual(await onCard());
  });

  it("newest: the later REV wins", async () => {
    const [client, outcome] = await conflict("newest", true);
    expect(itemStatuses(outcome)).toEqual([208]);
    expect(onClient(client)).toEqual(["Anna peer", "Carla 2"]);
  });

  it.each(["newest", "duplicate"] as const)(
    "%s without dates: 209, both versions stand on both sides",
    async (policy) => {
      const [client, outcome] = await conflict(policy);
      expect(itemStatuses(outcome)).toEqual([209]);
      const made = world.trace.filter((line) => line.name === "create").at(-1);
      expect((made?.p2 ?? 0) & NOBODY_BIT, "the copy is nobody's").toBe(NOBODY_BIT);
      expect(await onCard()).toEqual(["Anna card", "Anna peer", "Carla 2"]);
      expect(onClient(client)).toEqual(await onCard());
      expect((await client.sync()).received).toEqual([]);
      const other = world.client({ deviceId: "other-1" });
      await other.sync();
      expect(onClient(other)).toEqual(await onCard());
    },
  );

  it("the same edit on both sides is no conflict", async () => {
    const client = await synchronized();
    await editByOther("Anna 1", vcard("Anna", "same"));
    client.change(client.luidOf(vcard("Anna", "1")), vcard("Anna", "same"));
    const outcome = await client.sync();
    expect(itemStatuses(outcome)).toEqual([200]);
    expect(outcome.received).toEqual([]);
  });

  it("modification beats deletion, on either side, under the same record", async () => {
    const client = await synchronized();
    const [before] = await world.bridge.items.list(world.held, "contacts");
    await editByOther("Anna 1", vcard("Anna", "edited"));
    client.delete(client.luidOf(vcard("Anna", "1")));
    expect(itemStatuses(await client.sync())).toEqual([419]);
    expect(onClient(client)).toEqual(["Anna edited", "Carla 2"]);
    await removeFromCard("Carla");
    client.change(client.luidOf(vcard("Carla", "2")), vcard("Carla", "edited"));
    expect(itemStatuses(await client.sync())).toEqual([208]);
    expect(await onCard()).toEqual(["Anna edited", "Carla edited"]);
    const after = await world.bridge.items.list(world.held, "contacts");
    expect(after.map(({ id }) => id)).toContain(before?.id);
  });
});

describe("what cannot be done is said, and harms no neighbour", () => {
  it("unknown datastore 404, unsupported item 415, unknown LUID 211, repeated deletion 200", async () => {
    const client = await synchronized();
    const nobody = world.client({ target: "./nothing" });
    const refused = await nobody.sync();
    expect(refused.statuses.find((status) => status.cmd === "Alert")?.code).toBe(404);
    client.add("BEGIN:VCARD\r\nVERSION:9.9\r\nFN:x\r\nEND:VCARD\r\n");
    client.add(vcard("Bert", "3"));
    expect(itemStatuses(await client.sync())).toEqual([415, 201]);
    client.changes.set("99", "deleted");
    expect(itemStatuses(await client.sync())).toEqual([211]);
  });

  it("a full card: 420 for the item that does not fit, its neighbours are taken", async () => {
    await world.destroy();
    world = await BridgeWorld.create(24);
    const client = world.client();
    client.add(vcard("Anna", "1"));
    const photo = randomBytes(20_000).toString("hex");
    client.add(vcard("Huge", "2", `NOTE:${photo}\r\n`));
    client.add(vcard("Bert", "3"));
    const statuses = itemStatuses(await client.sync());
    expect(statuses[0]).toBe(201);
    expect([416, 420]).toContain(statuses[1]);
    expect(statuses[2]).toBe(201);
    expect((await history())[0]).toMatchObject({ outcome: "partial", received: { failed: 1 } });
  });

  it("a database in use by another device: 417, and free again once that device is done", async () => {
    const client = await synchronized();
    let inner: SyncOutcome | undefined;
    const slow = world.client({
      deviceId: "slow-1",
      exchange: async (bytes, type, url) => {
        const answer = await world.exchange(bytes, type, url);
        inner ??= await client.sync();
        return answer;
      },
    });
    await slow.sync();
    expect(inner?.statuses.find((status) => status.cmd === "Alert")?.code).toBe(417);
    expect((await client.sync()).code).toBe(200);
  });

  it("a peer that refuses items gets them again next time", async () => {
    const client = await synchronized();
    await importText(vcard("Dora", "4"));
    await client.sync();
    await world.db.updateTable("map_rows").set({ sent_state: "failed" }).execute();
    const again = await client.sync();
    expect(again.code).toBe(200);
    expect(again.received.length).toBeGreaterThan(0);
    expect((await client.sync()).received).toEqual([]);
  });

  it("an Add whose Map never comes flags the link for one slow sync, and says so", async () => {
    const client = await synchronized();
    await importText(vcard("Dora", "4"));
    await client.sync();
    await world.db.updateTable("map_rows").set({ luid: null }).where("luid", "=", "3").execute();
    await client.sync();
    const [link] = await world.bridge.links();
    expect(link?.nextIsSlow).toMatch(/never said/);
    const slow = await client.sync();
    expect(slow.code).toBe(201);
    expect(onClient(client)).toEqual(await onCard());
    expect((await client.sync()).code).toBe(200);
  });
});

describe("privacy at rest", () => {
  it("keeps no contents in the clear: not in the store, not in its journal", async () => {
    const client = world.client();
    client.add(vcard("Zacharias Geheim", "+4915199887766"));
    await client.sync();
    const files = readdirSync(world.folder).filter((name) => name.startsWith("state.sqlite"));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const bytes = readFileSync(join(world.folder, file)).toString("latin1");
      expect(bytes).not.toContain("Zacharias");
      expect(bytes).not.toContain("99887766");
    }
  });

  it("keeps nothing of a record that is gone from the card", async () => {
    const client = await synchronized();
    const rows = (): Promise<readonly object[]> =>
      world.db.selectFrom("image").selectAll().execute();
    expect(await rows()).toHaveLength(2);
    await removeFromCard("Carla");
    await client.sync();
    expect(await rows()).toHaveLength(1);
    await removeFromCard("Anna");
    await client.sync(CODES.slow);
    expect(await rows()).toHaveLength(1);
  });
});
