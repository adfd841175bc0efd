import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BridgeWorld, vcard, type NetworkFault } from "../support/bridge-world.ts";
import { ConnectionLost, ScriptedClient, type SyncOutcome } from "../support/scripted-client.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

/** Names (FN) of everything on both sides, so that a double shows. */
const names = (texts: Iterable<string>): readonly string[] =>
  [...texts].map((text) => /FN:([^\r\n]*)/.exec(text)?.[1] ?? "?").sort();

const tels = (texts: Iterable<string>): readonly string[] =>
  [...texts].map((text) => /TEL[^:]*:([^\r\n]*)/.exec(text)?.[1] ?? "?").sort();

async function expectEqualSides(client: ScriptedClient): Promise<void> {
  const card = await world.contacts();
  expect(names(client.items.values())).toEqual(names(card));
  expect(tels(client.items.values())).toEqual(tels(card));
}

/** A client and a card that have synchronized three contacts of each side. */
async function synchronized(
  options: Parameters<BridgeWorld["client"]>[0] = {},
): Promise<ScriptedClient> {
  const client = world.client(options);
  for (const name of ["Anna", "Bert", "Cora"]) client.add(vcard(name, "1"));
  await importCards(["Dora", "Emil", "Fritz"].map((name) => vcard(name, "2")));
  await client.sync();
  await client.sync();
  world.resetMessages();
  return client;
}

async function importCards(cards: readonly string[]): Promise<void> {
  const bytes = Buffer.from(cards.join(""), "utf8");
  await world.bridge.items.import(world.held, "contacts", [{ name: "some.vcf", bytes }]);
}

/** Changes of every kind on both sides, none of them to the same item. */
async function changeBothSides(client: ScriptedClient): Promise<void> {
  client.change(client.luidOf(vcard("Anna", "1")), vcard("Anna", "11"));
  client.delete(client.luidOf(vcard("Bert", "1")));
  client.add(vcard("Gina", "3"));
  await importCards([vcard("Hugo", "4")]);
  const list = await world.bridge.items.list(world.held, "contacts");
  const emil = list.find((item) => item.title === "Emil");
  await world.bridge.items.remove(world.held, "contacts", emil?.id ?? 0);
}

async function lost(client: ScriptedClient, fault: NetworkFault): Promise<void> {
  world.fault = fault;
  await expect(client.sync()).rejects.toBeInstanceOf(ConnectionLost);
  world.fault = undefined;
}

const history = async (): Promise<{ typeDone: string; outcome: string; reason: string }> => {
  const [newest] = await world.bridge.history(1);
  if (newest === undefined) throw new Error("no history");
  return newest;
};

function expectFast(outcome: SyncOutcome): void {
  expect(outcome.code).toBe(200);
}

const EXPECTED = ["Anna", "Cora", "Dora", "Fritz", "Gina", "Hugo"];

describe("a session that dies (syncml.md 2.6): the next sync is fast, nothing is lost, nothing doubled", () => {
  it.each([
    [1, "request"],
    [1, "answer"],
    [2, "request"],
    [2, "answer"],
    [3, "request"],
    [3, "answer"],
  ] as const)("rows 1, 2, 4 and 5: message %i, its %s is lost", async (message, what) => {
    const client = await synchronized();
    await changeBothSides(client);
    await lost(client, { message, what });
    expectFast(await client.sync());
    expect(names(client.items.values())).toEqual(EXPECTED);
    await expectEqualSides(client);
    const quiet = await client.sync();
    expect(quiet.received).toEqual([]);
  });

  it.each([1, 2, 3])(
    "the service is killed before message %i and starts again",
    async (message) => {
      const client = await synchronized();
      await changeBothSides(client);
      await lost(client, { message, what: "request" });
      await world.restart();
      expectFast(await client.sync());
      expect(names(client.items.values())).toEqual(EXPECTED);
      await expectEqualSides(client);
    },
  );

  describe("row 2: killed after the card made the record and before anybody knew", () => {
    async function killedAfterCreate(): Promise<[ScriptedClient, string]> {
      const client = await synchronized();
      const luid = client.add(vcard("Gina", "3"));
      world.dieAt = { apdu: 2, when: "after" };
      await expect(client.sync()).rejects.toBeInstanceOf(ConnectionLost);
      const apdus = world.trace.map((line) => line.name);
      expect(apdus[apdus.lastIndexOf("select") - 1]).toBe("create");
      return [client, luid];
    }

    it("intents stand before the write, are done with the answer, and go with the commit", async () => {
      const [client] = await killedAfterCreate();
      const intents = (): Promise<readonly { is_done: number }[]> =>
        world.db.selectFrom("intents").selectAll().execute();
      expect((await intents()).map((intent) => intent.is_done)).toEqual([0]);
      client.add(vcard("Ida", "5"));
      world.resetMessages();
      await lost(client, { message: 2, what: "answer" });
      expect((await intents()).map((intent) => intent.is_done)).toEqual([1, 1]);
      await client.sync();
      expect(await intents()).toEqual([]);
    });

    it("the same item again is not stored twice", async () => {
      const [client] = await killedAfterCreate();
      expectFast(await client.sync());
      await expectEqualSides(client);
      expect(client.items.size).toBe(7);
    });

    it("an item edited meanwhile is the same record", async () => {
      const [client, luid] = await killedAfterCreate();
      client.change(luid, vcard("Gina", "33"));
      expectFast(await client.sync());
      await expectEqualSides(client);
      expect(tels(client.items.values())).toContain("33");
      expect(client.items.size).toBe(7);
    });

    it("an item deleted meanwhile is gone from both sides", async () => {
      const [client, luid] = await killedAfterCreate();
      client.delete(luid);
      expectFast(await client.sync());
      await expectEqualSides(client);
      expect(client.items.size).toBe(6);
    });
  });

  it("row 4: an item deleted before its Add was answered costs no slow sync, and is gone at a peer that had it", async () => {
    for (const isHeld of [false, true]) {
      const client = await synchronized({ deviceId: `phone-${String(isHeld)}` });
      await importCards([vcard("Hugo", "4")]);
      await lost(client, { message: isHeld ? 3 : 2, what: isHeld ? "request" : "answer" });
      const list = await world.bridge.items.list(world.held, "contacts");
      const hugo = list.find((item) => item.title === "Hugo");
      await world.bridge.items.remove(world.held, "contacts", hugo?.id ?? 0);
      for (let sync = 0; sync < 3; sync += 1) expectFast(await client.sync());
      await expectEqualSides(client);
      expect(names(client.items.values())).not.toContain("Hugo");
      await world.destroy();
      world = await BridgeWorld.create();
    }
  });

  it("row 5: twice in a row", async () => {
    const client = await synchronized();
    for (const name of ["Gina", "Ida"]) {
      client.add(vcard(name, "3"));
      await importCards([vcard(`Card ${name}`, "4")]);
      world.resetMessages();
      await lost(client, { message: 3, what: "answer" });
    }
    expectFast(await client.sync());
    await expectEqualSides(client);
    expect(client.items.size).toBe(10);
    expect((await client.sync()).received).toEqual([]);
  });

  it("row 5: after a lost last answer the client's next edits count too", async () => {
    const client = await synchronized();
    await changeBothSides(client);
    await lost(client, { message: 3, what: "answer" });
    client.change(client.luidOf(vcard("Hugo", "4")), vcard("Hugo", "44"));
    client.delete(client.luidOf(vcard("Gina", "3")));
    await importCards([vcard("Ida", "5")]);
    const outcome = await client.sync();
    expectFast(outcome);
    expect(outcome.serverAnchor.last).toBeDefined();
    await expectEqualSides(client);
    expect(tels(client.items.values())).toContain("44");
    expect(names(client.items.values())).toEqual(["Anna", "Cora", "Dora", "Fritz", "Hugo", "Ida"]);
  });

  it("row 6: a client that committed with its Map goes on fast from the pending object", async () => {
    const client = await synchronized({ commitsOn: "mapSent" });
    await changeBothSides(client);
    await lost(client, { message: 3, what: "request" });
    await world.restart();
    expectFast(await client.sync());
    expect(names(client.items.values())).toEqual(EXPECTED);
    await expectEqualSides(client);
  });

  it("row 6: an Add that such a client holds without a Map is not sent again; one slow sync finds its number", async () => {
    const client = await synchronized({ commitsOn: "mapSent", forgetsMaps: true });
    await importCards([vcard("Hugo", "4")]);
    await lost(client, { message: 3, what: "request" });
    expectFast(await client.sync());
    await expectEqualSides(client);
    expect((await client.sync()).code).toBe(201);
    expect((await history()).reason).toMatch(/never said/);
    await expectEqualSides(client);
    expect(client.items.size).toBe(7);
    expectFast(await client.sync());
  });

  it("row 8: the service dies between the card's commit and its own", async () => {
    const client = await synchronized();
    await changeBothSides(client);
    world.afterApdu = (command): void => {
      if (command[1] === 0x1c && command[3] === 0x00) throw new ConnectionLost();
    };
    await client.sync().catch(() => undefined);
    world.afterApdu = undefined;
    await world.restart();
    expectFast(await client.sync());
    expect(names(client.items.values())).toEqual(EXPECTED);
    await expectEqualSides(client);
  });

  it.each([1, 2, 3])("row 11: message %i arrives twice and is worked on once", async (message) => {
    const client = await synchronized();
    await changeBothSides(client);
    world.fault = { message, what: "twice" };
    expectFast(await client.sync());
    world.fault = undefined;
    expect(names(client.items.values())).toEqual(EXPECTED);
    await expectEqualSides(client);
  });

  it("row 12: a message sent again after the session's end, and after a restart, gets the same bytes", async () => {
    const answers: { request: Uint8Array; type: string; url: string; answer: Uint8Array }[] = [];
    const client = world.client({
      exchange: async (request, type, url) => {
        const answer = await world.exchange(request, type, url);
        answers.push({ request, type, url, answer: answer.bytes });
        return answer;
      },
    });
    client.add(vcard("Anna", "1"));
    await client.sync();
    const last = answers.at(-1);
    if (last === undefined) throw new Error("no message");
    for (const restart of [false, true]) {
      if (restart) await world.restart();
      const again = await world.exchange(last.request, last.type, last.url);
      expect(Buffer.from(again.bytes).toString()).toBe(Buffer.from(last.answer).toString());
    }
    expect(await world.contacts()).toHaveLength(1);
  });

  it("row 13: a reset phone with the same contacts syncs slowly and doubles nothing", async () => {
    const client = await synchronized();
    const texts = [...client.items.values()];
    client.reset(texts.reverse());
    const outcome = await client.sync();
    expect(outcome.code).toBe(201);
    expect((await history()).reason).toMatch(/anchor/);
    await expectEqualSides(client);
    expect(client.items.size).toBe(6);
    expectFast(await client.sync());
  });

  it("row 13: an empty reset phone gets everything back", async () => {
    const client = await synchronized();
    client.reset([]);
    expect((await client.sync()).code).toBe(201);
    await expectEqualSides(client);
    expect(client.items.size).toBe(6);
  });

  it("row 15: a phone restored to the generation before gets what it lost, in a fast sync", async () => {
    const client = await synchronized();
    const backup = client.snapshot();
    await changeBothSides(client);
    await client.sync();
    client.restore(backup);
    expectFast(await client.sync());
    await client.sync();
    await expectEqualSides(client);
    expect(names(client.items.values())).toContain("Hugo");
  });

  it("row 25: two syncs in one moment, or with the clock set back, are kept apart", async () => {
    const client = await synchronized();
    world.nowMs -= 3_600_000;
    const seen = new Set<string | undefined>();
    for (const name of ["Gina", "Hugo", "Ida"]) {
      client.add(vcard(name, "3"));
      const outcome = await client.sync();
      expectFast(outcome);
      seen.add(outcome.serverAnchor.next);
      await expectEqualSides(client);
    }
    expect(seen.size).toBe(3);
  });

  it("a card put back to an older copy is compared whole; nothing is lost or doubled", async () => {
    const client = await synchronized();
    world.saveCard("older.bin");
    await changeBothSides(client);
    await client.sync();
    await world.putCardBack("older.bin");
    const outcome = await client.sync();
    expect(outcome.code).toBe(201);
    expect((await history()).reason).toMatch(/card/);
    await client.sync();
    await expectEqualSides(client);
    for (const name of EXPECTED) expect(names(client.items.values())).toContain(name);
    expect(tels(client.items.values())).toContain("11");
  });
});

describe("a package 4 of several messages", () => {
  const names40 = Array.from({ length: 40 }, (_, at) => `Person ${String(100 + at)}`);

  async function withChangesFor40(): Promise<ScriptedClient> {
    const client = await synchronized({ maxMsgSize: 4000 });
    await importCards(names40.map((name) => vcard(name, "7")));
    client.add(vcard("Gina", "3"));
    return client;
  }

  it("keeps every message within the peer's limit and is fetched with Alert 222", async () => {
    const sizes: number[] = [];
    const client = world.client({
      maxMsgSize: 4000,
      exchange: async (bytes, type, url) => {
        const answer = await world.exchange(bytes, type, url);
        sizes.push(answer.bytes.length);
        return answer;
      },
    });
    await importCards(names40.map((name) => vcard(name, "7")));
    await client.sync();
    expect(client.items.size).toBe(40);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4000);
    expect(sizes.length).toBeGreaterThan(4);
  });

  it.each(
    [2, 3, 4, 5].flatMap((message) =>
      (["request", "answer"] as const).map((what) => [message, what] as const),
    ),
  )("message %i, its %s is lost: the next sync is fast and complete", async (message, what) => {
    const client = await withChangesFor40();
    await lost(client, { message, what });
    expectFast(await client.sync());
    await expectEqualSides(client);
    expect(client.items.size).toBe(47);
    expect((await client.sync()).received).toEqual([]);
  });

  it("the service is killed within it: the next sync is fast and complete", async () => {
    const client = await withChangesFor40();
    await lost(client, { message: 4, what: "request" });
    await world.restart();
    expectFast(await client.sync());
    await expectEqualSides(client);
    expect(client.items.size).toBe(47);
  });
});
