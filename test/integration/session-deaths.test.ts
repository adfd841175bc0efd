import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Command } from "../../syncml/index.ts";
import { BridgeWorld, vcard, type NetworkFault } from "../support/bridge-world.ts";
import { CardUnderSync } from "../support/card-under-sync.ts";
import { HandPhone } from "../support/hand-phone.ts";
import { ConnectionLost, type ScriptedClient } from "../support/scripted-client.ts";
import { alert, change, contentsOf, statusesOf, sync } from "../support/session-driver.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

const keyOf = (text: string): string =>
  `${/FN:([^\r\n]*)/.exec(text)?.[1] ?? "?"} ${/TEL[^:]*:([^\r\n]*)/.exec(text)?.[1] ?? "?"}`;
const keys = (texts: Iterable<string>): readonly string[] => [...texts].map(keyOf).sort();

async function importCards(...names: readonly string[]): Promise<void> {
  const bytes = Buffer.from(names.map((name) => vcard(name, "2")).join(""), "utf8");
  await world.bridge.items.import(world.held, "contacts", [{ name: "some.vcf", bytes }]);
}

type ClientOptions = Parameters<BridgeWorld["client"]>[0];

/** A client and a card that hold the same: three contacts of each side. */
async function synchronized(options: ClientOptions = {}): Promise<ScriptedClient> {
  const client = world.client(options);
  for (const name of ["Anna", "Bert", "Cora"]) client.add(vcard(name, "1"));
  await importCards("Dora", "Emil", "Fritz");
  await client.sync();
  await client.sync();
  world.resetMessages();
  return client;
}

const ALL = ["Anna 1", "Bert 1", "Cora 1", "Dora 2", "Emil 2", "Fritz 2"];

async function lose(client: ScriptedClient, fault: NetworkFault, code = 200): Promise<void> {
  world.resetMessages();
  world.fault = fault;
  await expect(client.sync(code)).rejects.toBeInstanceOf(ConnectionLost);
  world.fault = undefined;
}

async function expectEqual(client: ScriptedClient, wanted: readonly string[]): Promise<void> {
  expect(keys(client.items.values())).toEqual([...wanted].sort());
  expect(keys(await world.contacts())).toEqual([...wanted].sort());
}

/** The same device and datastore as a scripted client, message by message. */
const handPhone = (deviceId = "phone-1"): HandPhone =>
  new HandPhone({
    exchange: (bytes, type, url) => world.exchange(bytes, type, url),
    url: "http://127.0.0.1/syncml",
    deviceId,
  });

const vcardChange = (type: "add" | "replace", luid: string, name: string): Command =>
  change(type, luid, { text: vcard(name, "3") });

const link = async (): Promise<{
  readonly generation: number;
  readonly current_anchor: string | null;
  readonly pending_anchor: string | null;
}> => world.db.selectFrom("links").selectAll().executeTakeFirstOrThrow();

describe("a session that dies or goes wrong (syncml.md 2.6)", () => {
  it("row 3: within an item in chunks: nothing of it is stored, and it comes whole in the next", async () => {
    const client = await synchronized({ chunkLength: 60 });
    client.add(vcard("Gina", "3", "NOTE:a long one that needs more than one chunk\r\n"));
    for (const message of [3, 4]) {
      await lose(client, { message, what: "request" });
      expect(keys(await world.contacts())).toEqual(ALL);
    }
    expect((await client.sync()).code).toBe(200);
    await expectEqual(client, [...ALL, "Gina 3"]);
  });

  it.each([
    ["an empty two-way sync", 200],
    ["a one-way sync from the client", 202],
  ] as const)("row 7: %s is committed with package 4, which is lost", async (_, code) => {
    const client = await synchronized();
    if (code === 202) client.add(vcard("Gina", "3"));
    await lose(client, { message: 2, what: "answer" }, code);
    await importCards("Hugo");
    expect((await client.sync()).code).toBe(200);
    await expectEqual(client, code === 202 ? [...ALL, "Gina 3", "Hugo 2"] : [...ALL, "Hugo 2"]);
  });

  it("row 9: a card that fails at its COMMIT leaves the link where it was", async () => {
    const bench = await CardUnderSync.create();
    try {
      bench.client.add(vcard("Anna", "1"));
      await bench.client.sync();
      bench.client.add(vcard("Bert", "1"));
      await bench.save();
      const writes = await bench.syncAndCut(200, undefined, "flickers");
      await bench.putBack();
      const links = bench.world.db.selectFrom("links").select(["generation", "current_object"]);
      const before = await links.execute();
      await bench.syncAndCut(200, { atWrite: writes - 1, where: "before" }, "is pulled");
      expect(
        await bench.world.db.selectFrom("links").select(["generation", "current_object"]).execute(),
      ).toEqual(before);
      expect((await bench.client.sync()).code).toBe(200);
      expect(keys(await bench.world.contacts())).toEqual(["Anna 1", "Bert 1"]);
    } finally {
      await bench.destroy();
    }
  });

  it("row 10: the same device begins anew while its session is open, also under the same SessionID", async () => {
    const client = await synchronized();
    client.add(vcard("Gina", "3"));
    await lose(client, { message: 3, what: "request" });
    // Its sessions count from 1 again, as those of phones do that always say 1.
    const again = world.client();
    again.restore(client.snapshot());
    expect((await again.sync()).code).toBe(200);
    await expectEqual(again, [...ALL, "Gina 3"]);
  });

  it("row 14: an Add under a LUID that named another item is a new item; the old one was deleted by the peer", async () => {
    const client = await synchronized();
    const luid = client.luidOf(vcard("Anna", "1"));
    client.items.set(luid, vcard("Gina", "3"));
    client.changes.set(luid, "added");
    expect((await client.sync()).code).toBe(200);
    await expectEqual(client, ["Gina 3", ...ALL.slice(1)]);
  });

  it("row 16: a client older than one generation is compared whole, and gets what it lost", async () => {
    const client = await synchronized();
    const old = client.snapshot();
    for (const name of ["Gina", "Hugo"]) {
      client.add(vcard(name, "3"));
      await client.sync();
    }
    client.restore(old);
    const outcome = await client.sync();
    expect(outcome.code).toBe(201);
    expect(outcome.statuses.some(({ cmd, code }) => cmd === "Alert" && code === 508)).toBe(true);
    await expectEqual(client, [...ALL, "Gina 3", "Hugo 3"]);
  });

  it.each([
    [2, "answer", 201],
    [3, "request", 201],
    [3, "answer", 201],
    [3, "request", 225],
  ] as const)(
    "row 17: a slow sync interrupted at message %i (%s) and asked for again by %i doubles nothing",
    async (message, what, code) => {
      const client = world.client();
      for (const name of ["Anna", "Bert", "Cora"]) client.add(vcard(name, "1"));
      await importCards("Dora", "Emil", "Fritz");
      await lose(client, { message, what }, 201);
      await client.sync(code);
      await client.sync();
      await expectEqual(client, ALL);
    },
  );

  it("row 18: a client that takes no notice of 508 and sends only what it changed loses nothing by it", async () => {
    const client = await synchronized();
    const luid = client.luidOf(vcard("Anna", "1"));
    const phone = handPhone();
    const init = await phone.begin(200, { last: "nonsense", next: "n1" });
    expect(statusesOf(init)).toContain("Alert 508 ./contacts ./pb");
    expect(contentsOf(init)).toContain("Alert 201");
    const four = await phone.send([sync([vcardChange("replace", luid, "Anna")])]);
    expect(contentsOf(four).filter((each) => each.startsWith("delete"))).toEqual([]);
    await phone.end();
    const held = keys(await world.contacts());
    expect(held).toEqual(expect.arrayContaining(["Anna 3", ...ALL.slice(1)]));
  });

  it("row 19: a client that answers 508 to our Alert gets a slow sync, and the next one is fast", async () => {
    const client = await synchronized({ comparesOurLast: true });
    const held = client.snapshot() as object;
    client.restore({ ...held, serverNext: "something else" });
    expect((await client.sync()).code).toBe(201);
    await expectEqual(client, ALL);
    expect((await client.sync()).code).toBe(200);
  });

  it("row 20: changes that come with an Alert whose anchor is wrong are refused, and taken when they come again", async () => {
    await synchronized();
    const phone = handPhone();
    const changes = sync([vcardChange("add", "77", "Gina")]);
    const init = await phone.begin(200, { last: "nonsense", next: "n1" }, [changes]);
    expect(statusesOf(init)).toEqual(
      expect.arrayContaining([
        "Alert 508 ./contacts ./pb",
        "Sync 508 ./contacts ./pb",
        "Add 514 77",
      ]),
    );
    expect(keys(await world.contacts())).toEqual(ALL);
    await phone.send([changes]);
    await phone.end();
    expect(keys(await world.contacts())).toContain("Gina 3");
  });

  it("row 21: an Alert that comes a second time counts as it came last", async () => {
    const phone = handPhone();
    await phone.begin(201, { next: "first" });
    await phone.begin(201, { next: "second" });
    await phone.send([sync([vcardChange("add", "1", "Gina")])]);
    await phone.end();
    expect((await link()).current_anchor).toBe("second");
    expect(contentsOf(await phone.begin(200, { last: "second", next: "third" }))).toContain(
      "Alert 200",
    );
  });

  it("row 22: a datastore that is not there does not harm the others", async () => {
    const phone = handPhone();
    const init = await phone.begin(201, { next: "a1" }, [alert(201, "./photos")]);
    expect(statusesOf(init).join()).toMatch(/Alert 404 [^,]*photos/);
    await phone.send([sync([vcardChange("add", "1", "Gina")])]);
    await phone.end();
    expect(keys(await world.contacts())).toEqual(["Gina 3"]);
    expect((await link()).current_anchor).toBe("a1");
  });

  it("row 23: a peer that refuses our Sync commits nothing; one that refuses items gets them again", async () => {
    const phone = handPhone();
    await importCards("Dora", "Emil");
    await phone.begin(201, { next: "a1" });
    await phone.send([sync()]);
    const [first = "", second = ""] = phone.received;
    await phone.send(phone.maps([second]), true, { [first]: 500 });
    expect((await link()).current_anchor).toBe("a1");
    phone.received.length = 0;
    await phone.begin(200, { last: "a1", next: "a2" });
    await phone.send([sync()]);
    expect(phone.received).toEqual([first]);
    await phone.send([], true, { sync: 510 });
    expect((await link()).current_anchor).toBe("a1");
  });

  it("row 24: a session that timed out has no answer, and the next sync is fast", async () => {
    const client = await synchronized();
    client.add(vcard("Gina", "3"));
    world.beforeMessage = async (nth) => {
      if (nth !== 2) return;
      world.nowMs += 400_000;
      await world.server.sweep();
    };
    await expect(client.sync()).rejects.toThrow("HTTP 404");
    world.beforeMessage = undefined;
    expect((await client.sync()).code).toBe(200);
    await expectEqual(client, [...ALL, "Gina 3"]);
  });

  it("row 26: a client without a Next anchor is served, and compared whole each time", async () => {
    const phone = handPhone();
    for (const luid of ["1", "2"]) {
      const init = await phone.begin(200, {});
      expect(contentsOf(init)).toContain("Alert 201");
      await phone.send([sync([vcardChange("replace", luid, `Name${luid}`)])]);
      await phone.end();
    }
    expect(keys(await world.contacts())).toEqual(["Name1 3", "Name2 3"]);
  });

  it("row 29: two devices under one id are told apart by nobody, lose nothing, and the operator hears of it", async () => {
    const one = await synchronized();
    const other = world.client();
    for (let round = 0; round < 3; round += 1) {
      await other.sync();
      await one.sync();
    }
    await expectEqual(one, ALL);
    expect(keys(other.items.values())).toEqual(ALL);
    const [newest] = await world.bridge.history(1);
    expect(newest?.reason).toMatch(/two devices/i);
  });

  it("row 30: a peer that takes nothing (403) costs no slow sync, and gets all of it once it does", async () => {
    const phone = handPhone();
    await phone.begin(201, { next: "a0" });
    await phone.send([sync([vcardChange("add", "1", "Gina")])]);
    await phone.end();
    await importCards("Dora", "Emil");
    for (const [last, next] of [
      ["a0", "a1"],
      ["a1", "a2"],
    ] as const) {
      phone.received.length = 0;
      expect(contentsOf(await phone.begin(200, { last, next }))).toContain("Alert 200");
      await phone.send([sync()]);
      const refused = Object.fromEntries(phone.received.map((guid) => [guid, 403]));
      expect(phone.received).toHaveLength(2);
      await phone.send([], true, refused);
    }
    phone.received.length = 0;
    await phone.begin(200, { last: "a2", next: "a3" });
    await phone.send([sync()]);
    expect(phone.received).toHaveLength(2);
    await phone.end();
    expect((await link()).current_anchor).toBe("a3");
  });
});
