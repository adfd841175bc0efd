import { describe, expect, it } from "vitest";
import { toSyncId } from "../../../../syncml/model/ids.ts";
import { MAX_SILENT_RESUME } from "../../../../syncml/session/limits.ts";
import {
  alert,
  answersTo,
  change,
  contentsOf,
  nextMessage,
  outgoing,
  SessionDriver,
  statusesOf,
  sync,
  type FakeDatastore,
} from "../../../support/session-driver.ts";

const DEV_INF = { verDtd: "1.2", devId: "phone", devTyp: "phone", datastores: [] };

/** A session whose peer left a sync of `card` in an earlier one, past its Alert 225. */
async function resumed(card: FakeDatastore = {}): Promise<SessionDriver> {
  const driver = new SessionDriver({ devInf: DEV_INF, stores: { card } });
  driver.left = { syncId: toSyncId("card") };
  const reply = await driver.send([alert(225, "card", "theirs-0")]);
  expect(statusesOf(reply)[1]).toBe("Alert 200 card ./pb");
  return driver;
}

describe("Alert 224", () => {
  it("keeps a sync whose items have begun to come, and nothing that follows is executed", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    await driver.send([alert(200, "card", "theirs-0")]);
    await driver.send([sync([change("add", "1")])], { isFinal: false });
    const reply = await driver.send([alert(224), sync([change("add", "2")])]);
    expect(statusesOf(reply).slice(1)).toEqual(["Alert 200", "Sync 514 card ./pb", "Add 514 2"]);
    expect(driver.calls.at(-1)).toBe("suspend card");
    expect([driver.state.phase, reply.isFinal]).toEqual(["suspended", true]);
  });
});

describe("a resume that is granted", () => {
  it("has the anchors and the type of the sync, and opens nothing", async () => {
    const driver = await resumed({ open: { syncType: "slow" } });
    expect(driver.calls).toEqual(["resume card theirs-1"]);
    expect(driver.state.datastores).toMatchObject([{ stage: "open", syncType: "slow" }]);
  });

  it("of a refresh needs no Sync any more: the one before told what the peer holds", async () => {
    const driver = await resumed({ open: { syncType: "refreshFromClient" } });
    await driver.send([]);
    expect(driver.calls).toContain("endOfChanges card");
  });

  it("without any Sync, as Symbian's, has our changes after some Alerts 222", async () => {
    const driver = await resumed({ changes: [outgoing(1)] });
    let last = await driver.send([nextMessage], { isFinal: false });
    for (let at = 0; at < MAX_SILENT_RESUME; at += 1) {
      expect(contentsOf(last)).toEqual(["Alert 222"]);
      last = await driver.send([nextMessage], { isFinal: false });
    }
    expect(contentsOf(last)).toEqual(["Sync card", "add g1"]);
  });

  it("and refused by the peer with 508 ends that sync", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF });
    driver.left = { syncId: toSyncId("card") };
    const init = await driver.send([alert(225, "card", "theirs-0")]);
    await driver.send([...answersTo(init, { card: 508 }), sync()]);
    expect(driver.calls.at(-1)).toBe("abandon card: the peer refused our alert with 508");
  });

  it("of a sync that is lost is none: 509, and it is opened anew", async () => {
    const driver = new SessionDriver({ devInf: DEV_INF, stores: { card: { isLost: true } } });
    driver.left = { syncId: toSyncId("card") };
    const reply = await driver.send([alert(225, "card", "theirs-0")]);
    expect(statusesOf(reply)[1]).toBe("Alert 509 card ./pb");
    expect(contentsOf(reply)).toEqual(["Alert 200"]);
    expect(driver.calls).toEqual(["resume card theirs-1", "open card twoWay"]);
  });
});
