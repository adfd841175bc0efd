import { expect, it } from "vitest";
import type { Command } from "../../../../syncml/model/message.ts";
import { PLAIN_TRAITS, type PeerTraits } from "../../../../syncml/model/peer-traits.ts";
import { encodeMessage } from "../../../../syncml/codec/codec.ts";
import {
  alert,
  change,
  contentsOf,
  outgoing,
  SessionDriver,
  statusesOf,
  sync,
  type FakeDatastore,
} from "../../../support/session-driver.ts";

const DEV_INF = { verDtd: "1.2", devId: "phone", devTyp: "phone", man: "x", datastores: [] };

const session = (traits: Partial<PeerTraits>, card: FakeDatastore = {}): SessionDriver =>
  new SessionDriver({
    devInf: DEV_INF,
    stores: { card },
    env: { traitsOf: () => ({ ...PLAIN_TRAITS, ...traits }) },
  });

const copy: Command = { ...change("add", "1"), type: "copy" } as Command;

it("a Copy is an Add where it is meant so, else it is refused", async () => {
  const driver = session({ copyIsAdd: true });
  await driver.send([alert(200)]);
  expect(statusesOf(await driver.send([sync([copy])]))).toContain("Copy 200 1");
  expect(driver.calls).toContain("apply card add:1");
});

it("a sync from the client alone ends with an empty Sync where the peer waits for one", async () => {
  for (const completesFromClient of [true, false]) {
    const driver = session({ completesFromClient });
    await driver.send([alert(202)]);
    const expected = completesFromClient ? ["Sync card"] : [];
    expect(contentsOf(await driver.send([sync()]))).toEqual(expected);
  }
});

it("a peer that is not to be served hears so for all it says, and nothing is opened", async () => {
  const driver = session({ rejectsWith: 503 });
  const reply = await driver.send([alert(200)]);
  expect(statusesOf(reply)).toEqual(["SyncHdr 503", "Alert 503"]);
  expect(driver.calls).toEqual([]);
  expect(driver.state.phase).toBe("done");
});

it("messages keep to a limit that the peer did not announce", async () => {
  const changes = [1, 2, 3, 4, 5, 6].map((at) => outgoing(at, 700));
  const driver = session({ maxMsgSize: 2000 }, { changes });
  await driver.send([alert(200)]);
  const reply = await driver.send([sync()]);
  expect(reply.isFinal).toBe(false);
  expect(encodeMessage(reply, "xml").length).toBeLessThanOrEqual(2000);
});

it("an empty Target means the datastore of the peer's own name", async () => {
  const driver = new SessionDriver({ devInf: DEV_INF, stores: { card: {} } });
  const nameless: Command = {
    type: "alert",
    cmdId: "1",
    code: 200,
    items: [
      { target: { locUri: "" }, source: { locUri: "card" }, meta: { anchor: { next: "n" } } },
    ],
  };
  const reply = await driver.send([nameless]);
  expect(driver.calls).toEqual(["open card twoWay"]);
  expect(reply.commands.at(-1)).toMatchObject({
    items: [{ target: { locUri: "card" }, source: { locUri: "card" } }],
  });
});

it("the traits follow what is known: the alias first, then the DevInf that comes", async () => {
  const asked: string[] = [];
  const driver = new SessionDriver({
    env: {
      traitsOf: ({ alias, devInf }) => {
        asked.push(`${alias ?? ""}/${devInf?.man ?? ""}`);
        return { ...PLAIN_TRAITS, rules: [devInf?.man ?? ""] };
      },
    },
  });
  driver.state = { ...driver.state, alias: "acme" };
  const items = [{ data: { type: "devInf", devInf: DEV_INF } }] as const;
  await driver.send([{ type: "put", cmdId: "1", items }]);
  expect(asked).toEqual(["acme/", "acme/x"]);
  expect(driver.state.traits.rules).toEqual(["x"]);
});
