import { expect, it } from "vitest";
import type { Command } from "../../../../syncml/model/message.ts";
import { contentsOf, SessionDriver, statusesOf } from "../../../support/session-driver.ts";

const DEV_INF = { verDtd: "1.2", devId: "phone", devTyp: "phone", datastores: [] };

const get = (...uris: readonly string[]): Command => ({
  type: "get",
  cmdId: "1",
  items: uris.map((locUri) => ({ target: { locUri } })),
});

it("each item of a Get has its own Status, DevInf its Results", async () => {
  const driver = new SessionDriver({ devInf: DEV_INF });
  const reply = await driver.send([get("./other", "./devinf12")]);
  expect(statusesOf(reply).slice(1)).toEqual(["Get 404 ./other", "Get 200 ./devinf12"]);
  expect(contentsOf(reply)).toEqual(["results"]);
});

it("a Get of nothing: 400", async () => {
  const driver = new SessionDriver({ devInf: DEV_INF });
  const reply = await driver.send([get()]);
  expect([statusesOf(reply)[1], contentsOf(reply)]).toEqual(["Get 400", []]);
});
