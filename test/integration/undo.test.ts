import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PimCard, RecordId } from "../../card/index.ts";
import type { UndoReport } from "../../src/bridge/undo.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import type { ScriptedClient } from "../support/scripted-client.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

const CONTACTS = 1 as Parameters<PimCard["read"]>[0];
const REFRESH_FROM_CLIENT = 203;

const keyOf = (text: string): string =>
  `${/FN:([^\r\n]*)/.exec(text)?.[1] ?? "?"} ${/TEL[^:]*:([^\r\n]*)/.exec(text)?.[1] ?? "?"}`;
const keys = (texts: Iterable<string>): readonly string[] => [...texts].map(keyOf).sort();
const onCard = async (): Promise<readonly string[]> => keys(await world.contacts());
const onClient = (client: ScriptedClient): readonly string[] => keys(client.items.values());

const lastSync = async (): Promise<number> => (await world.bridge.history(1))[0]?.id ?? 0;
const undo = (sync: number, wish: { dryRun?: true; force?: true } = {}): Promise<UndoReport> =>
  world.bridge.undo({ sync, dryRun: wish.dryRun ?? false, force: wish.force ?? false });
const outcomes = ({ rows }: UndoReport): readonly string[] =>
  rows.map(({ title, what, outcome }) => `${title}: ${what}, ${outcome}`).sort();

const PEOPLE = Array.from({ length: 12 }, (_, at) => `Person ${String(at + 10)}`);
const ALL = PEOPLE.map((name) => `${name} 1`);

/** Two phones that hold what the card holds. */
async function twoPhones(): Promise<readonly [ScriptedClient, ScriptedClient]> {
  const first = world.client();
  const second = world.client({ deviceId: "phone-2" });
  for (const name of PEOPLE) first.add(vcard(name, "1"));
  await first.sync();
  await first.sync();
  await second.sync();
  await second.sync();
  return [first, second];
}

const edit = (client: ScriptedClient, name: string, tel: string): void => {
  client.change(
    client.luidOf([...client.items.values()].find((text) => text.includes(name)) ?? ""),
    vcard(name, tel),
  );
};
const remove = (client: ScriptedClient, name: string): void => {
  client.delete(
    client.luidOf([...client.items.values()].find((text) => text.includes(name)) ?? ""),
  );
};

async function importText(text: string): Promise<void> {
  const file = { name: "a.vcf", bytes: Buffer.from(text, "utf8") };
  await world.bridge.items.import(world.held, "contacts", [file]);
}

/** Each phone twice, as the second may learn what the first said. */
async function expectAllHold(
  clients: readonly ScriptedClient[],
  expected: readonly string[],
): Promise<void> {
  for (const round of [1, 2])
    for (const client of clients)
      expect((await client.sync()).code, `round ${String(round)}`).toBe(200);
  for (const client of clients) {
    expect(onClient(client)).toEqual(expected);
    expect((await client.sync()).received, "nothing is left to say").toEqual([]);
  }
  expect(await onCard()).toEqual(expected);
}

describe("history undo", () => {
  it("deleted items come back to every phone, and nothing is doubled", async () => {
    const [first, second] = await twoPhones();
    for (const name of PEOPLE) remove(first, name);
    await first.sync();
    const sync = await lastSync();
    expect(await onCard()).toEqual([]);
    const report = await undo(sync);
    expect(report.rows).toHaveLength(PEOPLE.length);
    expect(report.rows.every(({ what, outcome }) => what === "restore" && outcome === "done")).toBe(
      true,
    );
    await expectAllHold([first, second], ALL);
  });

  it("deleted items come back also where all phones have heard of the deletion", async () => {
    const [first, second] = await twoPhones();
    for (const name of PEOPLE) remove(first, name);
    await first.sync();
    const sync = await lastSync();
    await first.sync();
    await second.sync();
    await second.sync();
    await first.sync();
    await undo(sync);
    await expectAllHold([first, second], ALL);
  });

  it("added, changed and deleted items are as before on the card and on every phone", async () => {
    const [first, second] = await twoPhones();
    first.add(vcard("New", "2"));
    edit(first, "Person 10", "changed");
    remove(first, "Person 11");
    await first.sync();
    const sync = await lastSync();
    expect(outcomes(await undo(sync, { dryRun: true }))).toEqual([
      "New: delete, to be done",
      "Person 10: replace, to be done",
      "Person 11: restore, to be done",
    ]);
    expect(await onCard(), "a dry run does nothing").toContain("New 2");
    expect(outcomes(await undo(sync))).toEqual([
      "New: delete, done",
      "Person 10: replace, done",
      "Person 11: restore, done",
    ]);
    expect(await onCard()).toEqual(ALL);
    await expectAllHold([first, second], ALL);
  });

  it("items changed since are named and left alone, and put back with consent", async () => {
    const [first, second] = await twoPhones();
    edit(first, "Person 10", "first");
    edit(first, "Person 11", "first");
    await first.sync();
    const sync = await lastSync();
    await second.sync();
    edit(second, "Person 10", "second");
    await second.sync();
    expect(outcomes(await undo(sync))).toEqual([
      "Person 10: replace, left alone",
      "Person 11: replace, done",
    ]);
    expect(await onCard()).toContain("Person 10 second");
    expect(outcomes(await undo(sync, { force: true }))).toEqual(["Person 10: replace, done"]);
    await expectAllHold([first, second], ALL);
  });

  it("an undo is in the history and is undone like a sync", async () => {
    const [first, second] = await twoPhones();
    first.add(vcard("New", "2"));
    edit(first, "Person 10", "changed");
    remove(first, "Person 11");
    await first.sync();
    const after = await onCard();
    const { undo: number } = await undo(await lastSync());
    expect((await world.bridge.history(1))[0]).toMatchObject({
      id: number,
      role: "undo",
      outcome: "ok",
    });
    await undo(number ?? 0);
    expect(await onCard()).toEqual(after);
    await expectAllHold([first, second], after);
  });

  it("a second time there is nothing to undo", async () => {
    const [first] = await twoPhones();
    edit(first, "Person 10", "changed");
    await first.sync();
    const sync = await lastSync();
    await undo(sync);
    expect(await undo(sync)).toMatchObject({ rows: [], undo: null });
  });

  it("one that is stopped keeps what it has done, and goes on when it is asked for again", async () => {
    const [first, second] = await twoPhones();
    for (let at = 0; at < 40; at += 1) first.add(vcard(`New ${String(at)}`, "2"));
    await first.sync();
    const sync = await lastSync();
    const stop = new AbortController();
    const watch = {
      signal: stop.signal,
      progress: (done: number) => {
        if (done > 0) stop.abort();
      },
    };
    const { rows } = await world.bridge.undo({ sync, dryRun: false, force: false }, watch);
    const done = rows.filter(({ outcome }) => outcome === "done").length;
    expect(done).toBeGreaterThan(0);
    expect(rows.filter(({ outcome }) => outcome === "to be done")).toHaveLength(40 - done);
    expect((await world.bridge.history(1))[0]).toMatchObject({ outcome: "partial" });
    expect((await undo(sync)).rows).toHaveLength(40 - done);
    await expectAllHold([first, second], ALL);
  });

  it("waits for a sync that runs on the card", async () => {
    const [first] = await twoPhones();
    edit(first, "Person 10", "changed");
    await first.sync();
    const sync = await lastSync();
    world.resetMessages();
    world.fault = { message: 2, what: "answer" };
    edit(first, "Person 11", "changed");
    await expect(first.sync()).rejects.toThrow();
    await expect(undo(sync)).rejects.toMatchObject({ code: "BRIDGE_BUSY" });
  });

  it("conflict copies go, and the item that was overwritten is back", async () => {
    const [first, second] = await twoPhones();
    world.policy = "duplicate";
    edit(second, "Person 10", "second");
    await second.sync();
    edit(first, "Person 10", "first");
    await first.sync();
    const sync = await lastSync();
    expect((await onCard()).filter((key) => key.startsWith("Person 10"))).toHaveLength(2);
    await undo(sync);
    const before = ["Person 10 second", ...ALL.slice(1)];
    expect(await onCard()).toEqual(before);
    await expectAllHold([first, second], before);
  });
});

describe("backup before a mass deletion", () => {
  const backupOf = async (sync: number): Promise<number | null> =>
    (await world.bridge.sync({ sync, withTitles: false })).backupItems;
  const prune = async (sync: number): Promise<void> => {
    await world.db.deleteFrom("journal_changes").where("history_id", "=", sync).execute();
    await world.db
      .deleteFrom("kept_contents")
      .where("history_id", "=", sync)
      .where("purpose", "=", "before")
      .execute();
    await world.db
      .updateTable("journals")
      .set({ is_pruned: 1 })
      .where("history_id", "=", sync)
      .execute();
  };

  it("a phone that deletes more than half is obeyed, and a backup brings all back when nothing else is kept", async () => {
    const [first, second] = await twoPhones();
    edit(first, "Person 21", "changed");
    for (const name of PEOPLE.slice(0, 10)) remove(first, name);
    await first.sync();
    const sync = await lastSync();
    expect(await onCard()).toEqual(["Person 20 1", "Person 21 changed"]);
    expect(await backupOf(sync)).toBe(PEOPLE.length);
    await prune(sync);
    const report = await undo(sync, { force: true });
    expect(report.from).toBe("backup");
    await expectAllHold([first, second], ALL);
  });

  it("fewer deletions make none", async () => {
    const [first] = await twoPhones();
    for (const name of PEOPLE.slice(0, 9)) remove(first, name);
    await first.sync();
    expect(await backupOf(await lastSync())).toBeNull();
  });

  it("a refresh from an empty phone empties the card, and the backup brings all back", async () => {
    const [, second] = await twoPhones();
    const empty = world.client({ deviceId: "phone-3" });
    await empty.sync(REFRESH_FROM_CLIENT);
    const sync = await lastSync();
    expect(await onCard()).toEqual([]);
    expect(await backupOf(sync)).toBe(PEOPLE.length);
    await prune(sync);
    await undo(sync);
    await expectAllHold([second, empty], ALL);
  });

  it("a refresh whose items are all refused empties the card, and is undone", async () => {
    const [first] = await twoPhones();
    const broken = world.client({ deviceId: "phone-3" });
    broken.add("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:broken");
    await broken.sync(REFRESH_FROM_CLIENT);
    const sync = await lastSync();
    expect(await onCard()).toEqual([]);
    expect(await backupOf(sync)).toBe(PEOPLE.length);
    await undo(sync);
    await expectAllHold([first], ALL);
  });

  it("records that nobody has read yet are in it", async () => {
    const client = world.client();
    await client.sync();
    for (const name of PEOPLE) await importText(vcard(name, "1"));
    const other = world.client({ deviceId: "phone-2" });
    await other.sync();
    await other.sync();
    await world.db.deleteFrom("image").execute();
    await world.restart();
    for (const luid of [...other.items.keys()]) other.delete(luid);
    await other.sync();
    const sync = await lastSync();
    expect(await backupOf(sync)).toBe(PEOPLE.length);
    await prune(sync);
    await undo(sync);
    expect(await onCard()).toEqual(ALL);
  });
});

describe("history show", () => {
  const show = async (sync: number): Promise<readonly string[]> => {
    const view = await world.bridge.sync({ sync, withTitles: true });
    return view.items.map(
      ({ side, asked, done, status, reason, title }) =>
        `${side} ${asked} ${title ?? ""}: ${done} ${String(status ?? "")}${reason === undefined ? "" : ` ${reason}`}`,
    );
  };

  it("tells of each item where it came from and what became of it", async () => {
    const [first, second] = await twoPhones();
    edit(second, "Person 10", "second");
    second.add(vcard("Emil", "2"));
    await second.sync();
    world.policy = "server-wins";
    edit(first, "Person 10", "first");
    edit(first, "Person 11", "first");
    remove(first, "Person 12");
    first.add(vcard("Frida", "3"));
    first.add("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:broken");
    await first.sync();
    expect(await show(await lastSync())).toEqual([
      "peer replace Person 10: card's version kept 419 conflict, the card's version won",
      "peer replace Person 11: replaced 200",
      "peer delete : deleted 200",
      "peer add Frida: added 201",
      "peer add : refused 400 cannot be read",
      "card replace Person 10: acknowledged 200",
      "card add Emil: mapped 201",
    ]);
  });

  it("tells what a slow sync matched and what a refresh deleted", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    await client.sync();
    await importText(vcard("Bert", "1"));
    await client.sync(REFRESH_FROM_CLIENT);
    expect(await show(await lastSync())).toEqual([
      "peer replace Anna: matched 200",
      "peer refresh : deleted ",
    ]);
  });

  it("tells why a sync was of its type", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    await client.sync();
    const why = async (): Promise<string> =>
      (await world.bridge.sync({ sync: await lastSync(), withTitles: false })).why;
    expect(await why()).toContain("first sync of these two sides");
    client.add(vcard("Bert", "1"));
    await client.sync();
    expect(await why()).toContain("Only changes were exchanged");
  });

  it("tells of a sync that is under way as running, and of a dead one as interrupted", async () => {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    const outcomesSeen = new Set<string>();
    world.resetMessages();
    world.fault = { message: 3, what: "request" };
    await expect(client.sync()).rejects.toThrow();
    world.fault = undefined;
    outcomesSeen.add((await world.bridge.history(1))[0]?.outcome ?? "");
    await world.restart();
    outcomesSeen.add((await world.bridge.history(1))[0]?.outcome ?? "");
    expect([...outcomesSeen]).toEqual(["running", "interrupted"]);
  });
});

describe("what is kept", () => {
  const storeFiles = (): readonly Buffer[] =>
    readdirSync(world.folder)
      .filter((name) => name.startsWith("state.sqlite"))
      .map((name) => readFileSync(join(world.folder, name)));

  it("lies sealed on disk", async () => {
    const client = world.client();
    const text = vcard("Anna", "1", `NOTE:${"incompressible ".repeat(3)}\r\n`);
    client.add(text);
    await client.sync();
    client.delete(client.luidOf(text));
    await client.sync();
    const kept = await world.db.selectFrom("kept_contents").selectAll().execute();
    expect(kept).toHaveLength(1);
    await undo(await lastSync());
    const plain = await world.held.run((card) =>
      card.read(CONTACTS, [kept[0]?.record_id as RecordId]),
    );
    const [record] = plain;
    expect(record?.content.length).toBeGreaterThan(20);
    for (const bytes of storeFiles())
      expect(bytes.includes(Buffer.from(record?.content ?? []))).toBe(false);
  });

  it("makes room by number: the newest sync's stays", async () => {
    const client = world.client();
    client.add(vcard("Anna", "0"));
    await client.sync();
    const [luid = ""] = client.items.keys();
    await world.db
      .updateTable("journals")
      .set({ began_ms: world.nowMs - 91 * 24 * 60 * 60_000 })
      .execute();
    const first = await lastSync();
    client.change(luid, vcard("Anna", "1"));
    await client.sync();
    const view = (sync: number): ReturnType<typeof world.bridge.sync> =>
      world.bridge.sync({ sync, withTitles: false });
    expect(await view(first)).toMatchObject({ undo: "not possible", items: [] });
    expect(await view(await lastSync())).toMatchObject({ undo: "item by item" });
    await expect(undo(first)).rejects.toMatchObject({ code: "BRIDGE_NOT_FOUND" });
  });
});

describe("with contents in memory only", () => {
  beforeEach(async () => {
    await world.destroy();
    world = await BridgeWorld.create(512, { keepImage: "memory" });
  });

  const wiped = async (): Promise<number> => {
    const [first] = await twoPhones();
    for (const name of PEOPLE) remove(first, name);
    await first.sync();
    return lastSync();
  };

  it("nothing is kept on disk, and an undo works as long as the service runs", async () => {
    const sync = await wiped();
    expect(await world.db.selectFrom("kept_contents").selectAll().execute()).toEqual([]);
    const titles = await world.db.selectFrom("history_items").select("title").execute();
    expect(titles.every(({ title }) => title === null)).toBe(true);
    await undo(sync);
    expect(await onCard()).toEqual(ALL);
  });

  it("after a restart the undo says that nothing was kept, and does what needs no content", async () => {
    const sync = await wiped();
    await importText(vcard("New", "1"));
    await world.restart();
    const report = await undo(sync);
    expect(new Set(report.rows.map(({ outcome }) => outcome))).toEqual(new Set(["not kept"]));
    expect(report.undo).toBeNull();
    expect(await onCard()).toEqual(["New 1"]);
  });
});
