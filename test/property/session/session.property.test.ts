import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeMessage } from "../../../syncml/codec/codec.ts";
import type { Command, Message } from "../../../syncml/model/message.ts";
import { message } from "../../support/message-arbitrary.ts";
import {
  alert,
  answersTo,
  change,
  nextMessage,
  outgoing,
  SessionDriver,
  sync,
  WRONG_CRED,
} from "../../support/session-driver.ts";

const DEV_INF = {
  verDtd: "1.2",
  devId: "phone",
  devTyp: "phone",
  supportLargeObjs: true,
  datastores: [],
};

const encoding = fc.constantFrom("xml" as const, "wbxml" as const);
const limit = fc.integer({ min: 4096, max: 20_000 });
const sizes = fc.array(fc.integer({ min: 0, max: 15_000 }), { maxLength: 6 });

/** All commands of a message that want a Status. */
function answerable(commands: readonly Command[]): number {
  let count = 0;
  for (const command of commands) {
    if (command.type === "status" || command.noResp === true) continue;
    const items = "items" in command ? command.items.length : 1;
    // In these each item has its own; of the others an Alert with several may have more.
    const isItems = ["add", "replace", "copy", "move", "delete"].includes(command.type);
    count += isItems ? Math.max(items, 1) : 1;
  }
  return count;
}

const oursIn = (reply: Message): number =>
  reply.commands.filter((command) => command.type === "status").length;

describe("whatever a peer sends", () => {
  it("nothing is thrown, our MsgIDs rise by 1, and an ended session does nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), async (messages) => {
        const driver = new SessionDriver({ env: { maxMsgSizeBytes: 1_000_000 } });
        await driver.send([alert(200)]);
        let before = driver.state.nextMsgId;
        for (const each of messages) {
          const calls = driver.calls.length;
          const wasDone = driver.state.phase === "done";
          const { header } = await driver.take(each);
          expect(header.msgId).toBe(before);
          before += 1;
          if (wasDone) expect([driver.state.phase, driver.calls.length]).toEqual(["done", calls]);
        }
      }),
    );
  });

  it("nobody gets at a datastore without the right password", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 4 }), async (messages) => {
        const driver = new SessionDriver();
        for (const each of messages) {
          const { cred: _cred, ...header } = each.header;
          const reply = await driver.take({ ...each, header: { ...header, cred: WRONG_CRED } });
          const expected = header.noResp === true ? 0 : answerable(each.commands);
          expect(oursIn(reply)).toBeGreaterThanOrEqual(Math.min(expected, 1));
        }
        expect(driver.calls).toEqual([]);
      }),
    );
  });

  it("each command has its Status", async () => {
    await fc.assert(
      fc.asyncProperty(message, async (each) => {
        const driver = new SessionDriver({ env: { maxMsgSizeBytes: 1_000_000 } });
        await driver.send([]);
        const { noResp: _none, meta: _meta, ...header } = each.header;
        const reply = await driver.take({ ...each, header });
        expect(oursIn(reply)).toBeGreaterThanOrEqual(1 + answerable(each.commands));
      }),
    );
  });
});

describe("package 4", () => {
  it("no message passes the limit, and every item arrives whole, once, in order", async () => {
    await fc.assert(
      fc.asyncProperty(encoding, limit, sizes, fc.nat(40), async (coding, max, all, adds) => {
        const changes = all.map((size, ref) => outgoing(ref, size));
        const env = { encoding: coding, maxMsgSizeBytes: 64_000 };
        const driver = new SessionDriver({ stores: { card: { changes } }, env, devInf: DEV_INF });
        const replies = [await driver.send([alert(200)], { meta: { maxMsgSize: max } })];
        const own = Array.from({ length: adds }, (_, at) => change("add", String(at)));
        let last = await driver.send([sync(own)]);
        replies.push(last);
        while (!last.isFinal && replies.length < 200) {
          last = await driver.send([...answersTo(last), nextMessage]);
          replies.push(last);
        }
        expect(last.isFinal).toBe(true);
        for (const reply of replies)
          expect(encodeMessage(reply, coding).length).toBeLessThanOrEqual(max);
        expect(joined(replies)).toEqual(
          changes.map((each) => (each.type === "add" ? Buffer.from(each.content).toString() : "")),
        );
      }),
      { numRuns: 60 },
    );
  });
});

/** Contents of the items, chunks put together. */
function joined(replies: readonly Message[]): readonly string[] {
  const whole: string[] = [];
  let open = "";
  for (const { commands } of replies)
    for (const command of commands)
      for (const inner of command.type === "sync" ? command.commands : [])
        for (const item of inner.type === "add" ? inner.items : []) {
          open += item.data?.type === "text" ? item.data.text : "";
          if (item.moreData === true) continue;
          whole.push(open);
          open = "";
        }
  return whole;
}
