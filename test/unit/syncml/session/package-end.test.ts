import { describe, expect, it } from "vitest";
import type { Command, ItemCommand } from "../../../../syncml/model/message.ts";
import { MAX_IDLE_MESSAGES, MAX_SESSION_MESSAGES } from "../../../../syncml/session/limits.ts";
import {
  alert,
  answersTo,
  change,
  contentsOf,
  nextMessage,
  outgoing,
  remove,
  SessionDriver,
  statusesOf,
  sync,
  type FakeDatastore,
} from "../../../support/session-driver.ts";

const DEV_INF = { verDtd: "1.2", devId: "phone", devTyp: "phone", datastores: [] };

/** A session past package 2, on `card`. */
async function opened(card: FakeDatastore = {}): Promise<SessionDriver> {
  const driver = new SessionDriver({ devInf: DEV_INF, stores: { card } });
  await driver.send([alert(200, "card", "theirs-0")]);
  return driver;
}

const map: Command = {
  type: "map",
  cmdId: "5",
  target: { locUri: "card" },
  source: { locUri: "./pb" },
  mapItems: [{ target: { locUri: "g1" }, source: { locUri: "7" } }],
};

const announcing = (count: number, commands: readonly Command[]): Command => ({
  ...(sync(commands) as Extract<Command, { readonly type: "sync" }>),
  numberOfChanges: count,
});

describe("a peer that asks for more for ever", () => {
  it.each([
    ["package 3", false],
    ["package 5", true],
  ])("in %s is given up, and nothing is committed", async (_name, isPastSync) => {
    const driver = await opened({ changes: [outgoing(1)] });
    if (isPastSync) await driver.send([sync()]);
    for (let at = 0; at < MAX_IDLE_MESSAGES; at += 1)
      await driver.send([nextMessage], { isFinal: false });
    expect(driver.state.phase).not.toBe("done");
    const last = await driver.send([nextMessage], { isFinal: false });
    expect(last.isFinal).toBe(true);
    expect(driver.state.phase).toBe("done");
    expect(driver.calls.at(-1)).toMatch(/^abandon card: the peer asked for more/);
  });

  it("is not one that says something in between", async () => {
    const driver = await opened();
    for (let at = 0; at < 3 * MAX_IDLE_MESSAGES; at += 1)
      await driver.send(at % 3 === 0 ? [sync([change("add", String(at))])] : [nextMessage], {
        isFinal: false,
      });
    expect(driver.state.phase).toBe("changes");
  });

  it("nor one that fetches a package of many messages", async () => {
    const changes = Array.from({ length: 30 }, (_, at) => outgoing(at, 2000));
    const driver = await opened({ changes });
    let last = await driver.send([sync()]);
    let messages = 1;
    for (; !last.isFinal; messages += 1) last = await driver.send([nextMessage]);
    expect(messages).toBeGreaterThan(MAX_IDLE_MESSAGES + 1);
  });

  it("a session of endless messages ends, whatever they do", async () => {
    const driver = await opened();
    driver.state = { ...driver.state, nextMsgId: MAX_SESSION_MESSAGES + 1 };
    const reply = await driver.send([sync([change("add", "1")])]);
    expect(statusesOf(reply).slice(1)).toEqual(["Sync 514 card ./pb", "Add 514 1"]);
    expect(driver.calls.at(-1)).toBe("abandon card: the session has too many messages");
  });
});

describe("Final in every message (Funambol)", () => {
  it("222 with Final behind our last change is not the end: the Maps come after it", async () => {
    const driver = await opened({ changes: [outgoing(1)] });
    const four = await driver.send([sync()]);
    expect(four.isFinal).toBe(true);
    const again = await driver.send([...answersTo(four, { g1: 201 }), nextMessage]);
    expect([contentsOf(again), again.isFinal]).toEqual([[], true]);
    expect(driver.calls).not.toContain("finish card");
    await driver.send([map]);
    expect(driver.calls.slice(-2)).toEqual(["map card g1=7", "finish card"]);
  });

  it("changes behind a Final too early are taken all the same, and Maps after them", async () => {
    const driver = await opened({ changes: [outgoing(1)] });
    await driver.send([sync([change("add", "1")])]);
    const late = await driver.send([sync([change("add", "2"), remove("3")])]);
    expect(statusesOf(late).slice(1)).toEqual(["Sync 200 card ./pb", "Add 200 2", "Delete 200 3"]);
    expect(driver.calls.at(-1)).toBe("apply card add:2,delete:3");
    await driver.send([map]);
    expect(driver.calls.slice(-2)).toEqual(["map card g1=7", "finish card"]);
  });

  it("within an item it is not believed", async () => {
    const driver = await opened();
    const first = await driver.send([
      sync([change("add", "1", { text: "abc", size: 5, moreData: true })]),
    ]);
    expect([contentsOf(first), first.isFinal]).toEqual([["Alert 222"], false]);
    const last = await driver.send([sync([change("add", "1", { text: "de" })])]);
    expect([contentsOf(last), last.isFinal]).toEqual([["Sync card"], true]);
    expect(driver.datastores.operations).toMatchObject([{ content: Buffer.from("abcde") }]);
  });

  it("nor as long as announced changes come", async () => {
    const driver = await opened();
    const first = await driver.send([announcing(3, [change("add", "1"), change("add", "2")])]);
    expect(first.isFinal).toBe(false);
    const last = await driver.send([sync([change("add", "3")])]);
    expect([contentsOf(last), last.isFinal]).toEqual([["Sync card"], true]);
  });

  it("a peer that announced too many is not waited for when none comes", async () => {
    const driver = await opened();
    await driver.send([announcing(3, [change("add", "1")])]);
    const last = await driver.send([nextMessage], { isFinal: false });
    expect([contentsOf(last), last.isFinal]).toEqual([["Sync card"], true]);
  });

  it("SyncEvolution says the number of all its changes with the last of them", async () => {
    const driver = await opened();
    await driver.send([sync([change("add", "1"), change("add", "2")])], { isFinal: false });
    const last = await driver.send([announcing(3, [change("add", "3")])]);
    expect([contentsOf(last), last.isFinal]).toEqual([["Sync card"], true]);
  });
});

describe("deletions and parts of items", () => {
  it("archived first: 210, since nothing is; kept here: 406, and it is", async () => {
    const driver = await opened();
    const archive: Command = { ...remove("1"), archive: true } as Command;
    const soft: Command = { ...remove("2"), softDelete: true } as Command;
    const reply = await driver.send([sync([archive, soft, remove("3")])]);
    expect(statusesOf(reply).slice(2)).toEqual(["Delete 210 1", "Delete 406 2", "Delete 200 3"]);
    expect(driver.calls).toContain("apply card delete:1,delete:3");
  });

  it("archived, but not there: as for any deletion", async () => {
    const driver = await opened({ status: 211 });
    const archive: Command = { ...remove("1"), archive: true } as Command;
    expect(statusesOf(await driver.send([sync([archive])]))[2]).toBe("Delete 211 1");
  });

  it("some fields of an item are a Replace that says so, and no Add", async () => {
    const driver = await opened();
    const whole = change("replace", "1") as ItemCommand;
    const onCommand: Command = { ...whole, meta: { fieldLevel: true } };
    const meta = { fieldLevel: true };
    const onItem: Command = { ...whole, items: whole.items.map((item) => ({ ...item, meta })) };
    const added: Command = { ...(change("add", "2") as ItemCommand), meta };
    const reply = await driver.send([sync([onCommand, onItem, added])]);
    const statuses = ["Replace 200 1", "Replace 200 1", "Add 400 2"];
    expect(statusesOf(reply).slice(2)).toEqual(statuses);
    const fieldLevels = driver.datastores.operations.map((operation) => ({
      ...(operation.type === "delete" ? {} : { isFieldLevel: operation.isFieldLevel }),
    }));
    expect(fieldLevels).toEqual([{ isFieldLevel: true }, { isFieldLevel: true }]);
  });
});
