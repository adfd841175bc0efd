import { describe, expect, it } from "vitest";
import { toLuid } from "../../../../syncml/model/ids.ts";
import type { Command, Message } from "../../../../syncml/model/message.ts";
import {
  alert,
  answersTo,
  change,
  contentsOf,
  CRED,
  nextMessage,
  outgoing,
  remove,
  SessionDriver,
  statusesOf,
  sync,
  WRONG_CRED,
  type DriverOptions,
} from "../../../support/session-driver.ts";

const REFS = "card ./pb";
const DEV_INF = { verDtd: "1.2", devId: "phone", devTyp: "phone", datastores: [] };

/** A session past package 2, on `card`. */
async function opened(options: DriverOptions = {}, code = 200): Promise<SessionDriver> {
  const driver = new SessionDriver({ devInf: DEV_INF, ...options });
  await driver.send([alert(code, "card", "theirs-0")]);
  return driver;
}

describe("package 1", () => {
  it.each([200, 201, 202, 203, 204, 205])("Alert %i is granted with both anchors", async (code) => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    const reply = await driver.send([alert(code, "card", "theirs-0")]);
    expect(statusesOf(reply)).toEqual(["SyncHdr 212", `Alert 200 ${REFS}`]);
    expect(contentsOf(reply)).toEqual([`Alert ${String(code)}`]);
    const [, status, ours] = reply.commands;
    expect(status).toMatchObject({
      items: [{ data: { meta: { anchor: { next: "theirs-1" } } } }],
    });
    expect(ours).toMatchObject({
      items: [
        {
          target: { locUri: "./pb" },
          source: { locUri: "card" },
          meta: { anchor: { last: "ours-0", next: "ours-1" } },
        },
      ],
    });
    expect(reply.isFinal).toBe(true);
  });

  it("anchors that do not match: 508 and 201", async () => {
    const open = { syncType: "slow", isRefreshRequired: true } as const;
    const driver = new SessionDriver({ devInf: DEV_INF, stores: { card: { open } } });
    const reply = await driver.send([alert(200)]);
    expect(statusesOf(reply)).toEqual(["SyncHdr 212", `Alert 508 ${REFS}`]);
    expect(contentsOf(reply)).toEqual(["Alert 201"]);
  });

  it("a resume with anchors that do not match: 508 and 201", async () => {
    const open = { syncType: "slow", isRefreshRequired: true } as const;
    const driver = new SessionDriver({ devInf: DEV_INF, stores: { card: { open } } });
    const reply = await driver.send([alert(225)]);
    expect(statusesOf(reply)).toEqual(["SyncHdr 212", `Alert 508 ${REFS}`]);
    expect(contentsOf(reply)).toEqual(["Alert 201"]);
  });

  it.each([
    ["1.2", 225, 509, ["Alert 200"]],
    ["1.1", 225, 406, []],
    ["1.1", 224, 406, []],
    ["1.2", 224, 200, []],
    ["1.2", 206, 406, []],
    ["1.2", 100, 200, []],
    ["1.2", 221, 200, []],
    ["1.2", 999, 406, []],
  ] as const)("in %s Alert %i has Status %i", async (version, code, status, contents) => {
    const driver = new SessionDriver({ version, devInf: DEV_INF });
    const reply = await driver.send([alert(code)]);
    expect(statusesOf(reply)[1]?.split(" ")[1]).toBe(String(status));
    expect(contentsOf(reply)).toEqual(contents);
  });

  it("several datastores, one unknown, one busy: each its own Status", async () => {
    const stores = { card: {}, cal: { refusal: 417 } } as const;
    const driver = new SessionDriver({ devInf: DEV_INF, stores });
    const reply = await driver.send([alert(200), alert(200, "cal"), alert(200, "nope")]);
    expect(statusesOf(reply).slice(1)).toEqual([
      `Alert 200 ${REFS}`,
      "Alert 417 cal ./pb",
      "Alert 404 nope ./pb",
    ]);
    const answer = await driver.send([sync([change("add", "1")], "cal"), sync()]);
    expect(statusesOf(answer).slice(1)).toEqual([
      "Sync 417 cal ./pb",
      "Add 417 1",
      `Sync 200 ${REFS}`,
    ]);
  });

  it("an Alert again opens anew, and never between changes", async () => {
    const driver = await opened({ stores: { card: { changes: [outgoing(1)] } } });
    await driver.send([alert(201)], { isFinal: false });
    expect(driver.calls).toEqual([
      "open card twoWay",
      "abandon card: the peer alerted it again",
      "open card slow",
    ]);
    await driver.send([sync()]);
    expect(statusesOf(await driver.send([alert(200)]))[1]).toBe("Alert 405");
  });

  it("a bad Alert: 400", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    const bare: Command = { type: "alert", cmdId: "1", code: 200, items: [] };
    const nameless: Command = { ...bare, items: [{ target: { locUri: "card" } }] };
    const reply = await driver.send([bare, nameless]);
    expect(statusesOf(reply).slice(1)).toEqual(["Alert 400", "Alert 400 card"]);
  });
});

describe("credentials", () => {
  it("wrong: 401 for every command, a challenge, nothing opened; right ones go on", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    const reply = await driver.send([alert(200), sync([change("add", "1")])], { cred: WRONG_CRED });
    expect(statusesOf(reply).map((text) => text.split(" ").slice(0, 2).join(" "))).toEqual([
      "SyncHdr 401",
      "Alert 401",
      "Sync 401",
      "Add 401",
    ]);
    expect(reply.commands[0]).toMatchObject({ chal: { meta: { type: "syncml:auth-basic" } } });
    expect(reply.header.respUri).toBeUndefined();
    expect(driver.calls).toEqual([]);
    const again = await driver.send([alert(200)], { cred: CRED });
    expect(statusesOf(again)).toEqual(["SyncHdr 212", `Alert 200 ${REFS}`]);
  });

  it("missing: 407 and a nonce; a third failure ends the session", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    driver.message([]);
    const first = await driver.send([alert(200)]);
    expect(statusesOf(first)).toEqual(["SyncHdr 407", "Alert 407"]);
    expect(first.commands[0]).toMatchObject({ chal: { meta: { type: "syncml:auth-md5" } } });
    await driver.send([alert(200)]);
    expect(driver.state.phase).toBe("init");
    await driver.send([alert(200)]);
    expect(driver.state.phase).toBe("done");
    const absorbed = await driver.send([alert(200)]);
    expect(statusesOf(absorbed)).toEqual(["SyncHdr 200", "Alert 405"]);
    expect(driver.calls).toEqual([]);
  });
});

describe("package 3", () => {
  it("statuses for items, containers and refused commands, in document order", async () => {
    const driver = await opened();
    const atomic: Command = { type: "atomic", cmdId: "31", commands: [change("add", "4")] };
    const copy: Command = { type: "copy", cmdId: "32", items: [{ source: { locUri: "8" } }] };
    const sequence: Command = { type: "sequence", cmdId: "30", commands: [remove("3")] };
    const reply = await driver.send([
      sync([change("add", "1"), sequence, atomic, copy, change("replace", "2")]),
    ]);
    expect(statusesOf(reply)).toEqual([
      "SyncHdr 200",
      `Sync 200 ${REFS}`,
      "Add 200 1",
      "Sequence 200",
      "Delete 200 3",
      "Atomic 406",
      "Add 215 4",
      "Copy 406 8",
      "Replace 200 2",
    ]);
    expect(driver.calls.filter((call) => call.startsWith("apply"))).toEqual([
      "apply card add:1,delete:3,replace:2",
    ]);
  });

  it("unknown commands, Exec and Search are refused; NoResp is kept to", async () => {
    const driver = await opened();
    const reply = await driver.send([
      { type: "unknown", cmdId: "1", name: "Frobnicate" },
      { type: "exec", cmdId: "2" },
      { type: "search", cmdId: "3", sources: [] },
      { type: "unknown", cmdId: "4", name: "Silent", noResp: true },
      { ...change("add", "1"), cmdId: "5" },
    ]);
    expect(statusesOf(reply).slice(1)).toEqual([
      "Frobnicate 406",
      "Exec 501",
      "Search 501",
      "Add 406 1",
    ]);
  });

  it("an early Map, and one for a datastore that nobody opened", async () => {
    const driver = await opened();
    const map = (uri: string): Command => ({
      type: "map",
      cmdId: "5",
      target: { locUri: uri },
      source: { locUri: "./pb" },
      mapItems: [{ target: { locUri: "g1" }, source: { locUri: "7" } }],
    });
    const reply = await driver.send([map("card"), map("cal"), sync()]);
    expect(statusesOf(reply).slice(1, 3)).toEqual([`Map 200 ${REFS}`, "Map 404 cal ./pb"]);
    expect(driver.calls).toContain("map card g1=7");
  });

  it("ids of more than 1024 characters: 414, and their neighbours are taken", async () => {
    const driver = await opened();
    const [fits, long] = ["a".repeat(1024), "b".repeat(1025)];
    const map = (luid: string): Command => ({
      type: "map",
      cmdId: "5",
      target: { locUri: "card" },
      source: { locUri: "./pb" },
      mapItems: [{ target: { locUri: "g1" }, source: { locUri: luid } }],
    });
    const items = [change("add", long), remove(long), change("add", fits)];
    const reply = await driver.send([map(long), map("7"), sync(items)]);
    const codes = statusesOf(reply).map((text) => text.split(" ").slice(0, 2).join(" "));
    expect(codes.slice(1)).toEqual([
      "Map 414",
      "Map 200",
      "Sync 200",
      "Add 414",
      "Delete 414",
      "Add 200",
    ]);
    expect(driver.calls).toContain(`apply card add:${fits}`);
  });

  it("508 to our Alert makes the sync slow before its Sync is read", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    const init = await driver.send([alert(200, "card", "theirs-0")]);
    await driver.send([...answersTo(init, { card: 508 }), sync([change("replace", "1")])]);
    expect(driver.calls.slice(1, 3)).toEqual(["makeSlow card", "apply card replace:1"]);
  });

  it("another refusal of our Alert ends that datastore", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    const init = await driver.send([alert(200)]);
    const reply = await driver.send([...answersTo(init, { card: 403 }), sync()]);
    expect(driver.calls.slice(1)).toEqual(["abandon card: the peer refused our alert with 403"]);
    expect(statusesOf(reply)[1]).toBe(`Sync 403 ${REFS}`);
  });

  it("a peer that refuses our whole message ends the session", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    const init = await driver.send([alert(200)]);
    const reply = await driver.send([
      ...answersTo(init, { header: 500 }),
      sync([change("add", "1")]),
    ]);
    expect(driver.calls.slice(1)).toEqual(["abandon card: the peer refused our message with 500"]);
    expect(statusesOf(reply)[1]).toBe(`Sync 514 ${REFS}`);
    expect(driver.state.phase).toBe("done");
  });

  it("what has failed already is not abandoned again when the peer suspends", async () => {
    const driver = await opened({ stores: { card: { isLost: true } } });
    await driver.send([sync()]);
    await driver.send([alert(224)]);
    expect(driver.calls.filter((call) => call.startsWith("abandon"))).toEqual([]);
  });

  it("a sync that is lost: its items and its Sync 510", async () => {
    const driver = await opened({ stores: { card: { isLost: true } } });
    const reply = await driver.send([sync([change("add", "1")])]);
    expect(statusesOf(reply)).toEqual(["SyncHdr 200", `Sync 510 ${REFS}`, "Add 510 1"]);
  });

  it("suspended: what follows is not executed", async () => {
    const driver = await opened();
    const reply = await driver.send([alert(224), sync([change("add", "1")])]);
    expect(statusesOf(reply).slice(1)).toEqual(["Alert 200", `Sync 514 ${REFS}`, "Add 514 1"]);
    const abandoned = ["abandon card: the peer suspended the session"];
    expect(driver.calls.slice(1)).toEqual(abandoned);
    await driver.send([alert(224)]);
    expect(driver.calls.slice(1)).toEqual(abandoned);
  });

  it("a package of several messages: 222 until Final", async () => {
    const driver = await opened();
    const first = await driver.send([sync([change("add", "1")])], { isFinal: false });
    expect([contentsOf(first), first.isFinal]).toEqual([["Alert 222"], false]);
    const second = await driver.send([sync([change("add", "2")])]);
    expect([contentsOf(second), second.isFinal]).toEqual([["Sync card"], true]);
  });
});

describe("init and sync in one", () => {
  it("anchors match: our changes follow at once", async () => {
    const stores = { card: { changes: [outgoing(1)] } };
    const driver = new SessionDriver({ devInf: DEV_INF, stores });
    const reply = await driver.send([alert(200, "card", "theirs-0"), sync([change("add", "1")])]);
    expect(contentsOf(reply)).toEqual(["Alert 200", "Sync card", "add g1"]);
    expect(driver.state.phase).toBe("closing");
  });

  it("they do not: 508, items 514, in all messages of the package; then all anew", async () => {
    const open = { syncType: "slow", isRefreshRequired: true } as const;
    const driver = new SessionDriver({ devInf: DEV_INF, stores: { card: { open } } });
    const first = await driver.send([alert(200), sync([change("add", "1")])], { isFinal: false });
    expect(statusesOf(first).slice(2)).toEqual([`Sync 508 ${REFS}`, "Add 514 1"]);
    const second = await driver.send([sync([change("add", "2")])]);
    expect(statusesOf(second).slice(1)).toEqual([`Sync 508 ${REFS}`, "Add 514 2"]);
    expect(driver.state.phase).toBe("changes");
    const third = await driver.send([sync([change("add", "1"), change("add", "2")])]);
    expect(statusesOf(third).slice(1)).toEqual([`Sync 200 ${REFS}`, "Add 200 1", "Add 200 2"]);
    expect(driver.calls.slice(1, 3)).toEqual(["apply card add:1,add:2", "endOfChanges card"]);
  });
});

describe("large objects from the peer", () => {
  it("joined over messages; 213 for each chunk but the last", async () => {
    const driver = await opened();
    const first = change("add", "1", { text: "abc", size: 5, moreData: true });
    const reply = await driver.send([sync([first])], { isFinal: false });
    expect(statusesOf(reply)[2]).toBe("Add 213 1");
    const last = await driver.send([sync([change("add", "1", { text: "de" })])]);
    expect(statusesOf(last)[2]).toBe("Add 200 1");
    expect(driver.datastores.operations).toMatchObject([{ content: Buffer.from("abcde") }]);
  });

  it("a refused one is never stored by its last chunk", async () => {
    const driver = await opened();
    const first = change("add", "1", { text: "abc", moreData: true });
    await driver.send([sync([first])], { isFinal: false });
    const last = await driver.send([sync([change("add", "1", { text: "de" })])]);
    expect(statusesOf(last)[2]).toBe("Add 411 1");
    expect(driver.datastores.operations).toEqual([]);
  });

  it("a refused one that the peer leaves off is no lost one", async () => {
    const driver = await opened();
    const first = change("add", "1", { text: "abc", moreData: true });
    await driver.send([sync([first])], { isFinal: false });
    expect(contentsOf(await driver.send([sync([change("add", "2")])]))).toEqual(["Sync card"]);
  });

  it.each([
    ["another item", [sync([change("add", "2")])]],
    ["a deletion", [sync([remove("2")])]],
    ["the end of the package", [sync()]],
  ])("223 where %s comes before the last chunk", async (_name, commands) => {
    const driver = await opened();
    const first = change("add", "1", { text: "abc", size: 5, moreData: true });
    await driver.send([sync([first])], { isFinal: false });
    const reply = await driver.send(commands);
    expect(contentsOf(reply)[0]).toBe("Alert 223");
    expect(driver.state.chunkIn).toBeUndefined();
  });
});

/** Sends what is asked for until the package is complete. */
async function rest(
  driver: SessionDriver,
  first: Message,
  codes: Readonly<Record<string, number>> = {},
): Promise<readonly Message[]> {
  const all = [first];
  for (let last = first; !last.isFinal && all.length < 200; all.push(last))
    last = await driver.send([...answersTo(last, codes), nextMessage]);
  return all;
}

describe("package 4", () => {
  const big = { card: { changes: [outgoing(1, 9000), outgoing(2)] } };
  const small = { maxMsgSizeBytes: 4096 };

  it("statuses, then changes; NumberOfChanges only where announced", async () => {
    const changes = [outgoing(1), { type: "delete", ref: 2, luid: toLuid("7") } as const];
    for (const supportNumberOfChanges of [true, false]) {
      const devInf = { ...DEV_INF, supportNumberOfChanges };
      const driver = await opened({ devInf, stores: { card: { changes } } });
      const reply = await driver.send([sync()]);
      expect(contentsOf(reply)).toEqual(["Sync card", "add g1", "delete 7"]);
      const command = reply.commands.at(-1);
      expect(command).toMatchObject({ target: { locUri: "./pb" } });
      expect(command !== undefined && "numberOfChanges" in command).toBe(supportNumberOfChanges);
    }
  });

  it("an item too big for a message leaves in chunks, Size in the first", async () => {
    const devInf = { ...DEV_INF, supportLargeObjs: true, supportNumberOfChanges: true };
    const driver = await opened({ stores: big, env: small, devInf });
    const messages = await rest(driver, await driver.send([sync()]), { g1: 213 });
    expect(messages.map((each) => contentsOf(each).slice(1).join())).toEqual([
      "add g1+",
      "add g1+",
      "add g1",
      "add g2",
    ]);
    expect(JSON.stringify(messages[0]).match(/"size":9000/g)).toHaveLength(1);
    expect(JSON.stringify(messages[0])).toContain('"numberOfChanges":2');
    expect(JSON.stringify(messages.slice(1))).not.toContain("numberOfChanges");
    expect(JSON.stringify(messages.slice(1))).not.toContain('"size"');
  });

  it("a chunk that the peer refuses is the answer to its item", async () => {
    const driver = await opened({
      stores: big,
      env: small,
      devInf: { ...DEV_INF, supportLargeObjs: true },
    });
    const first = await driver.send([sync()]);
    const messages = await rest(driver, first, { g1: 420 });
    expect(messages.map((each) => contentsOf(each).slice(1).join())).toEqual(["add g1+", "add g2"]);
    expect(driver.calls).toContain("acknowledge card 1:420");
  });

  it("where the last item was refused half-way, no empty Sync follows", async () => {
    const devInf = { ...DEV_INF, supportLargeObjs: true };
    const stores = { card: { changes: [outgoing(1, 9000)] } };
    const driver = await opened({ stores, env: small, devInf });
    const messages = await rest(driver, await driver.send([sync()]), { g1: 420 });
    expect(messages.map((each) => contentsOf(each).join())).toEqual(["Sync card,add g1+", ""]);
  });

  it("a refusal of a chunk that comes when the item has left changes nothing", async () => {
    const devInf = { ...DEV_INF, supportLargeObjs: true };
    const driver = await opened({ stores: big, env: small, devInf });
    const first = await driver.send([sync()]);
    for (let last = first; !last.isFinal;) last = await driver.send([nextMessage]);
    await driver.send(answersTo(first, { g1: 420 }));
    expect(driver.calls.filter((call) => call.startsWith("acknowledge"))).toEqual([]);
  });

  it("no Alert opens anything while changes leave", async () => {
    const devInf = { ...DEV_INF, supportLargeObjs: true };
    const driver = await opened({ stores: big, env: small, devInf });
    await driver.send([sync()]);
    expect(driver.state.phase).toBe("sending");
    expect(statusesOf(await driver.send([alert(200)]))[1]).toBe("Alert 405");
  });

  it("1.0 has no NumberOfChanges, whatever the peer's DevInf says", async () => {
    const devInf = { ...DEV_INF, supportNumberOfChanges: true };
    const driver = await opened({ devInf, version: "1.0" });
    expect(JSON.stringify(await driver.send([sync()]))).not.toContain("numberOfChanges");
  });

  it("after 223 the item starts again", async () => {
    const driver = await opened({
      stores: big,
      env: small,
      devInf: { ...DEV_INF, supportLargeObjs: true },
    });
    const first = await driver.send([sync()]);
    const again = await driver.send([...answersTo(first, { g1: 213 }), alert(223)]);
    expect(contentsOf(again)).toEqual(["Sync card", "add g1+"]);
    expect(JSON.stringify(again)).toContain('"size":9000');
  });

  it.each([
    ["its DevInf says nothing of large objects", { devInf: DEV_INF }],
    ["it speaks 1.0", { version: "1.0" as const }],
    ["it is above its MaxObjSize", { devInf: { ...DEV_INF, supportLargeObjs: true }, max: 8000 }],
  ])("416 for what the peer cannot take, its neighbour goes on: %s", async (_name, options) => {
    const { max, ...more } = { max: undefined, ...options };
    const driver = new SessionDriver({ stores: big, env: small, devInf: DEV_INF, ...more });
    const header = max === undefined ? {} : { meta: { maxObjSize: max } };
    await driver.send([alert(200, "card", "theirs-0")], header);
    const messages = await rest(driver, await driver.send([sync()]));
    expect(messages.flatMap(contentsOf)).toEqual(["Sync card", "add g2"]);
    expect(driver.calls).toContain("acknowledge card 1:416");
  });

  it("more statuses than fit wait, then come in order", async () => {
    const driver = await opened({ env: small });
    const items = Array.from({ length: 60 }, (_, at) => change("add", String(at)));
    const messages = await rest(driver, await driver.send([sync(items)]));
    const adds = messages.flatMap(statusesOf).filter((text) => text.startsWith("Add"));
    expect(adds).toEqual(items.map((_, at) => `Add 200 ${String(at)}`));
    expect(messages.length).toBeGreaterThan(2);
    expect(messages.slice(0, -1).every((each) => !each.isFinal)).toBe(true);
  });

  it.each(["xml", "wbxml"] as const)("a peer with messages of 1 KB in %s", async (encoding) => {
    const changes = [outgoing(1, 900), outgoing(2)];
    const devInf = { ...DEV_INF, supportLargeObjs: true };
    const env = { encoding, maxMsgSizeBytes: 10_000 };
    const driver = new SessionDriver({ stores: { card: { changes } }, env, devInf });
    const init = await driver.send([alert(200)], { meta: { maxMsgSize: 1024 } });
    await rest(driver, init);
    const messages = await rest(driver, await driver.send([sync([change("add", "1")])]), {
      g1: 213,
    });
    expect(messages.at(-1)?.isFinal).toBe(true);
    const contents = messages.flatMap(contentsOf);
    expect(contents.filter((text) => text === "add g1" || text === "add g2")).toHaveLength(2);
  });

  it.each([
    ["nothing but statuses", []],
    ["Alert 222 and Final", [nextMessage]],
  ])("a refresh from a client that sends no Sync (%s) empties nothing", async (_how, commands) => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    const init = await driver.send([alert(203)]);
    await driver.send([...answersTo(init), ...commands]);
    expect(driver.calls.slice(1)).toEqual(["abandon card: the peer sent no Sync to refresh from"]);
  });

  it("a refresh whose Sync came before its 508, and not again, empties nothing", async () => {
    const open = { syncType: "refreshFromClient", isRefreshRequired: true } as const;
    const driver = new SessionDriver({ stores: { card: { open } }, devInf: DEV_INF });
    const init = await driver.send([alert(203), sync([change("add", "1")])]);
    await driver.send(answersTo(init));
    expect(driver.calls.at(-1)).toBe("abandon card: the peer sent no Sync to refresh from");
  });

  it.each([202, 203])("after Alert %i nothing but statuses", async (code) => {
    const driver = await opened({ stores: { card: { changes: [outgoing(1)] } } }, code);
    expect(contentsOf(await driver.send([sync()]))).toEqual([]);
    expect(driver.calls.at(-1)).toBe("changesLeave card");
  });
});

describe("package 5", () => {
  const map: Command = {
    type: "map",
    cmdId: "5",
    target: { locUri: "card" },
    source: { locUri: "./pb" },
    mapItems: [{ target: { locUri: "g1" }, source: { locUri: "7" } }],
  };

  it("acknowledges, maps, finishes and ends", async () => {
    const driver = await opened({ stores: { card: { changes: [outgoing(1)] } } });
    const four = await driver.send([sync()]);
    const six = await driver.send([...answersTo(four, { g1: 201 }), map]);
    expect(statusesOf(six)).toEqual(["SyncHdr 200", `Map 200 ${REFS}`]);
    expect(six.isFinal).toBe(true);
    expect(driver.calls.slice(-3)).toEqual([
      "acknowledge card 1:201",
      "map card g1=7",
      "finish card",
    ]);
    expect(driver.state.phase).toBe("done");
  });

  it("what could not be committed is said by the Map's Status", async () => {
    const stores = { card: { changes: [outgoing(1)], isUncommittable: true } };
    const driver = await opened({ stores });
    const four = await driver.send([sync()]);
    const six = await driver.send([...answersTo(four, { g1: 201 }), map]);
    expect(statusesOf(six)[1]).toBe(`Map 510 ${REFS}`);
  });

  it("508 to our Alert comes too late when changes are exchanged: nothing is committed", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    const both = await driver.send([alert(200, "card", "theirs-0"), sync()]);
    await driver.send(answersTo(both, { card: 508 }));
    expect(driver.calls.at(-1)).toBe("abandon card: the peer refused our alert with 508");
  });

  it("a refused Sync of ours commits nothing", async () => {
    const driver = await opened();
    const four = await driver.send([sync()]);
    await driver.send(answersTo(four, { sync: 500 }));
    expect(driver.calls.at(-1)).toBe("abandon card: the peer refused our sync with 500");
  });

  it("more answers than fit still arrive, and then it ends", async () => {
    const driver = await opened({ env: { maxMsgSizeBytes: 4096 } });
    const four = await driver.send([sync()]);
    const maps = Array.from({ length: 40 }, () => map);
    const messages = await rest(driver, await driver.send([...answersTo(four), ...maps]));
    expect(messages.flatMap(statusesOf).filter((text) => text.startsWith("Map"))).toHaveLength(40);
    expect(driver.calls.filter((call) => call === "finish card")).toHaveLength(1);
    expect(driver.state.phase).toBe("done");
  });
});

describe("DevInf", () => {
  const get: Command = { type: "get", cmdId: "3", items: [{ target: { locUri: "./devinf12" } }] };

  it("is put, got, and asked for where it is unknown", async () => {
    const driver = new SessionDriver();
    const reply = await driver.send([get, alert(200)]);
    expect(statusesOf(reply)[1]).toBe("Get 200 ./devinf12");
    expect(contentsOf(reply)).toEqual(["results", "Alert 200", "get"]);
    const data = { type: "devInf", devInf: DEV_INF } as const;
    const put: Command = {
      type: "put",
      cmdId: "4",
      items: [{ source: { locUri: "./devinf12" }, data }],
    };
    const other = new SessionDriver();
    expect(contentsOf(await other.send([put, alert(200)]))).toEqual(["Alert 200"]);
  });

  it.each([
    [60, 2, true],
    [4000, 2, false],
  ])(
    "with %i properties it fits, by itself or by what it leaves out",
    async (count, of, isWhole) => {
      const driver = new SessionDriver({ devInf: DEV_INF, env: { maxMsgSizeBytes: 8192 } });
      driver.datastores.ctCaps = count;
      const messages = await rest(driver, await driver.send([get, alert(200)]));
      expect(messages.length).toBeLessThanOrEqual(of);
      expect(messages.flatMap(contentsOf)).toEqual(["results", "Alert 200"]);
      expect(JSON.stringify(messages).includes("X-P1")).toBe(isWhole);
    },
  );

  it("nothing else can be got", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    const reply = await driver.send([{ ...get, items: [{ target: { locUri: "./x" } }] }]);
    expect(statusesOf(reply)[1]).toBe("Get 404 ./x");
  });
});
