import { describe, expect, it } from "vitest";
import type { Command, Message } from "../../../../syncml/model/message.ts";
import { MAX_DELAYED_BYTES } from "../../../../syncml/session/limits.ts";
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

/** A session past package 2 whose effects have time for two operations each. */
async function slow(card: FakeDatastore = {}, until = 2): Promise<SessionDriver> {
  const driver = new SessionDriver({ devInf: DEV_INF, stores: { card } });
  await driver.send([alert(200, "card", "theirs-0")]);
  driver.until = until;
  return driver;
}

const adds = (count: number, from = 1): Command[] =>
  Array.from({ length: count }, (_, at) => change("add", String(from + at)));

/** Statuses of items as `code id of message`. */
const itemStatuses = ({ commands }: Message): readonly string[] =>
  commands.flatMap((command) =>
    command.type === "status" && (command.cmd === "Add" || command.cmd === "Delete")
      ? [`${String(command.code)} ${command.sourceRefs.join()} of ${command.msgRef}`]
      : [],
  );

describe("more items than there is time for", () => {
  it("the answer leaves with what is done, and the rest follows, in order, with the next messages", async () => {
    const driver = await slow({ changes: [outgoing(1)] });
    const first = await driver.send([sync(adds(5))]);
    expect(statusesOf(first)).toEqual([
      "SyncHdr 200",
      "Sync 200 card ./pb",
      "Add 200 1",
      "Add 200 2",
    ]);
    expect([contentsOf(first), first.isFinal]).toEqual([[], false]);
    const second = await driver.send([nextMessage]);
    expect(itemStatuses(second)).toEqual(["200 3 of 2", "200 4 of 2"]);
    expect([contentsOf(second), second.isFinal]).toEqual([[], false]);
    const third = await driver.send([nextMessage], { isFinal: false });
    expect(itemStatuses(third)).toEqual(["200 5 of 2"]);
    expect([contentsOf(third), third.isFinal]).toEqual([["Sync card", "add g1"], true]);
    await driver.send(answersTo(third));
    expect(driver.calls.at(-1)).toBe("finish card");
  });

  it("in the midst of a package more is asked for, and what waits comes first", async () => {
    const driver = await slow();
    const first = await driver.send([sync(adds(3))], { isFinal: false });
    expect(contentsOf(first)).toEqual(["Alert 222"]);
    const second = await driver.send([sync([remove("9"), ...adds(1, 4)])]);
    expect(itemStatuses(second)).toEqual(["200 3 of 2", "200 9 of 3", "200 4 of 3"]);
    expect(second.isFinal).toBe(true);
    expect(driver.datastores.operations.map(({ luid }) => luid)).toEqual(["1", "2", "3", "9", "4"]);
  });

  it("contents, archive and NoResp are kept meanwhile", async () => {
    const driver = await slow({}, 1);
    const text = "BEGIN:VCARD\r\nFN:Ünal";
    const silent = { ...change("add", "2", { text }), noResp: true } as Command;
    const archive = { ...remove("3"), archive: true } as Command;
    await driver.send([sync([...adds(1), silent, archive])]);
    driver.until = Infinity;
    expect(itemStatuses(await driver.send([nextMessage]))).toEqual(["210 3 of 2"]);
    expect(driver.datastores.operations[1]).toEqual({
      type: "add",
      luid: "2",
      mediaType: "text/vcard",
      content: Buffer.from(text),
    });
  });

  it("Maps with Final behind them do not end the session before they are done", async () => {
    const driver = await slow();
    await driver.send([sync()]);
    const late = await driver.send([sync(adds(5))]);
    expect(late.isFinal).toBe(false);
    const map: Command = {
      type: "map",
      cmdId: "5",
      target: { locUri: "card" },
      source: { locUri: "./pb" },
      mapItems: [],
    };
    expect((await driver.send([map])).isFinal).toBe(false);
    expect(driver.calls).not.toContain("finish card");
    await driver.send([nextMessage]);
    expect(driver.calls.at(-1)).toBe("finish card");
  });

  it("a sync that is lost meanwhile: 510 for what waits", async () => {
    const driver = await slow();
    const init = await driver.send([sync(adds(3))]);
    const { datastores } = driver.state;
    const refused = datastores.map((each) => ({ ...each, stage: "over", refusal: 510 }) as const);
    driver.state = { ...driver.state, datastores: refused };
    expect(init.isFinal).toBe(false);
    expect(itemStatuses(await driver.send([nextMessage]))).toEqual(["510 3 of 2"]);
  });

  it("suspended meanwhile, they have no Status: the peer sends them again", async () => {
    const driver = await slow();
    await driver.send([sync(adds(5))]);
    driver.until = 0;
    expect(itemStatuses(await driver.send([alert(224)]))).toEqual([]);
    expect(driver.state).toMatchObject({ phase: "suspended", delayed: [] });
  });

  it("a peer that sends faster than the card takes is made to wait", async () => {
    const driver = await slow({}, 0);
    const text = "x".repeat(90_000);
    const count = Math.ceil(MAX_DELAYED_BYTES / text.length);
    const large = Array.from({ length: count }, (_, at) => change("add", String(at), { text }));
    await driver.send([sync(large)], { isFinal: false });
    const second = await driver.send([sync([change("add", "more")])]);
    expect(itemStatuses(second)).toHaveLength(count);
    expect(driver.state.delayed).toMatchObject([{ luid: "more" }]);
  });
});

describe("no time to plan or to read our own changes", () => {
  it("they follow with the next messages, each of which carries something", async () => {
    const driver = await slow({ changes: [outgoing(1), outgoing(2), outgoing(3)] }, 0);
    const first = await driver.send([sync()]);
    expect([contentsOf(first), first.isFinal]).toEqual([[], false]);
    driver.until = 1;
    const all: Message[] = [];
    while (all.at(-1)?.isFinal !== true) all.push(await driver.send([nextMessage]));
    expect(all.map(contentsOf)).toEqual([
      ["Sync card", "add g1"],
      ["Sync card", "add g2"],
      ["Sync card", "add g3"],
    ]);
  });

  it("also where the changes came with the Alerts", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF, stores: { card: {} } });
    driver.until = 0;
    const both = await driver.send([alert(200, "card", "theirs-0"), sync()]);
    expect([contentsOf(both), both.isFinal]).toEqual([["Alert 200"], false]);
    driver.until = Infinity;
    expect(contentsOf(await driver.send([nextMessage]))).toEqual(["Sync card"]);
  });
});
