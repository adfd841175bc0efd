import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TraceLine } from "../../card/index.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import { ConnectionLost } from "../support/scripted-client.ts";

/**
 * The method, claim by claim, over the masked APDU trace of real syncs. Source: shared design, architecture section 1;
 * card/PROTOCOL.md.
 */
let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

const LIST_ENTRY_BYTES = 11;
const LIST_CURSOR_BYTES = 2;

/** The APDUs of one piece of work. */
async function during(work: () => Promise<unknown>): Promise<readonly TraceLine[]> {
  const from = world.trace.length;
  await work();
  return world.trace.slice(from);
}

const namesOf = (lines: readonly TraceLine[]): readonly string[] => lines.map((line) => line.name);

const only = (lines: readonly TraceLine[], name: TraceLine["name"]): readonly TraceLine[] =>
  lines.filter((line) => line.name === name);

interface StartObjects {
  readonly current?: string;
  readonly previous?: string;
  readonly proposed?: string;
}

const TAGS: Readonly<Record<string, keyof StartObjects>> = {
  "80": "current",
  "84": "previous",
  "81": "proposed",
};

/** Reads the TLVs of START's answer: tag(1) length(1) value. */
function objectsIn(line: TraceLine | undefined): StartObjects {
  const hex = line?.responseData ?? "";
  const found: Record<string, string> = {};
  for (let at = 0; at < hex.length;) {
    const length = Number.parseInt(hex.slice(at + 2, at + 4), 16) * 2;
    const name = TAGS[hex.slice(at, at + 2)];
    if (name !== undefined) found[name] = hex.slice(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return found;
}

const importCard = (name: string, tel = "2"): Promise<unknown> =>
  world.bridge.items.import(world.held, "contacts", [
    { name: "a.vcf", bytes: Buffer.from(vcard(name, tel), "utf8") },
  ]);

async function changeOnCard(title: string, tel: string): Promise<void> {
  const list = await world.bridge.items.list(world.held, "contacts");
  const id = list.find((item) => item.title === title)?.id ?? 0;
  await world.bridge.items.remove(world.held, "contacts", id);
  await importCard(title, tel);
}

describe("the method over the APDU trace", () => {
  it("START answers with no object at first, with the current one later, and always proposes another", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    const starts: StartObjects[] = [];
    for (let sync = 0; sync < 4; sync += 1) {
      const [start] = only(await during(() => client.sync()), "startSync");
      starts.push(objectsIn(start));
    }
    const [first, second, third, fourth] = starts;
    expect(first?.current).toBeUndefined();
    expect(second?.current).toBe(first?.proposed);
    expect(third?.current).toBe(second?.proposed);
    expect(third?.previous).toBe(first?.proposed);
    expect(fourth?.current).toBe(third?.proposed);
    expect(new Set(starts.map((start) => start.proposed)).size).toBe(4);
  });

  it("no two starts propose the same number, whether they are committed or not", async () => {
    const client = world.client();
    const proposed = new Set<string>();
    for (let start = 0; start < 20; start += 1) {
      world.resetMessages();
      world.fault = { message: 2, what: start % 2 === 0 ? "request" : "answer" };
      const lines = await during(() => client.sync().catch(() => undefined));
      for (const line of only(lines, "startSync")) proposed.add(objectsIn(line).proposed ?? "");
      if (start % 5 === 4) await world.restart();
    }
    expect(proposed.size).toBe(20);
    expect([...proposed].every((object) => /^[0-9a-f]{16}$/.test(object))).toBe(true);
  });

  it("LIST gives identifiers only: as many bytes for a long item as for a short one", async () => {
    const client = world.client();
    await client.sync();
    await importCard("Short");
    await importCard("Long", "9".repeat(3000));
    const lists = only(await during(() => client.sync()), "listChanges");
    expect(lists.map((line) => line.responseLength)).toEqual([
      LIST_CURSOR_BYTES + 2 * LIST_ENTRY_BYTES,
    ]);
  });

  it("reads no record that the image holds, and each other one once in its life", async () => {
    const [phone, outlook] = [world.client(), world.client({ deviceId: "outlook-1" })];
    phone.add(vcard("Anna", "1"));
    expect(namesOf(await during(() => phone.sync()))).not.toContain("read");
    await importCard("Carla");
    expect(only(await during(() => phone.sync()), "read")).toHaveLength(1);
    const others = await during(() => outlook.sync());
    expect(outlook.items.size).toBe(2);
    expect(namesOf(others)).not.toContain("read");
    await world.restart();
    phone.reset([]);
    expect(namesOf(await during(() => phone.sync()))).not.toContain("read");
    expect(phone.items.size).toBe(2);
  });

  it("commits after success, and never without", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    await importCard("Carla");
    const good = await during(() => client.sync());
    expect(namesOf(good).at(-1)).toBe("commitSync");
    client.add(vcard("Bert", "1"));
    await importCard("Dora");
    world.resetMessages();
    world.fault = { message: 3, what: "request" };
    const broken = await during(async () => {
      await expect(client.sync()).rejects.toBeInstanceOf(ConnectionLost);
    });
    expect(namesOf(broken)).not.toContain("commitSync");
    world.fault = undefined;
    expect(only(await during(() => client.sync()), "commitSync")).toHaveLength(1);
  });

  it("prepares the object before the first card write of a sync", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    const names = namesOf(await during(() => client.sync()));
    expect(names.indexOf("prepareSync")).toBeGreaterThan(names.indexOf("listChanges"));
    expect(names.indexOf("prepareSync")).toBeLessThan(names.indexOf("create"));
  });

  it("holds equal objects on both sides after each success", async () => {
    const client = world.client();
    for (let sync = 0; sync < 3; sync += 1) {
      client.add(vcard(`Anna ${String(sync)}`, "1"));
      const { serverAnchor } = await client.sync();
      const link = await world.db.selectFrom("links").selectAll().executeTakeFirstOrThrow();
      const [start] = only(await during(() => client.sync()), "startSync");
      expect(objectsIn(start).current).toBe(serverAnchor.next);
      expect(link.current_object).toBe(serverAnchor.next);
    }
  });

  it("costs START and COMMIT where nothing changed", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    await client.sync();
    expect(namesOf(await during(() => client.sync()))).toEqual(["startSync", "commitSync"]);
  });

  it("finds in the next sync what was changed on the card after the proposal", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    await client.sync();
    let hasChanged = false;
    const late = world.client({
      exchange: async (bytes, type, url) => {
        const answer = await world.exchange(bytes, type, url);
        if (!hasChanged) await importCard("Late");
        hasChanged = true;
        return answer;
      },
    });
    late.restore(client.snapshot());
    late.add(vcard("Bert", "1"));
    const during1 = await late.sync();
    expect(during1.received).toEqual([]);
    const next = await late.sync();
    expect(next.code).toBe(200);
    expect(next.received).toHaveLength(1);
    expect([...late.items.values()].some((text) => text.includes("Late"))).toBe(true);
  });

  it("keeps both where the card's record changes under a sync that writes to it", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    await client.sync();
    client.change("1", vcard("Anna", "peer"));
    let hasChanged = false;
    const racing = world.client({
      exchange: async (bytes, type, url) => {
        const answer = await world.exchange(bytes, type, url);
        if (!hasChanged) await changeOnCard("Anna", "card");
        hasChanged = true;
        return answer;
      },
    });
    racing.restore(client.snapshot());
    await racing.sync();
    await racing.sync();
    const onCard = (await world.contacts()).join("");
    expect(onCard).toContain("peer");
    expect(onCard).toContain("card");
    expect([...racing.items.values()].sort()).toHaveLength((await world.contacts()).length);
  });

  it("does not give back what the peer wrote, but gives it to a second peer", async () => {
    const [phone, outlook] = [world.client(), world.client({ deviceId: "outlook-1" })];
    await phone.sync();
    await outlook.sync();
    phone.add(vcard("Anna", "1"));
    expect((await phone.sync()).received).toEqual([]);
    expect((await phone.sync()).received).toEqual([]);
    const other = await outlook.sync();
    expect(other.code).toBe(200);
    expect(other.received).toHaveLength(1);
    outlook.delete([...outlook.items.keys()][0] ?? "");
    await outlook.sync();
    expect((await phone.sync()).received).toEqual(["Delete 1"]);
  });

  it("shows neither PIN nor contents in the trace, and objects only where asked", async () => {
    const client = world.client();
    client.add(vcard("Annamaria", "+4915112345"));
    await client.sync();
    const text = JSON.stringify(world.trace);
    for (const secret of ["12345678", "Annamaria", "+4915112345"]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret, "utf8").toString("hex"));
    }
  });
});
