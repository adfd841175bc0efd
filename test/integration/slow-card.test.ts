import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Command, Message } from "../../syncml/index.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import { HandPhone } from "../support/hand-phone.ts";
import { change, nextMessage, remove, sync } from "../support/session-driver.ts";

/** What one APDU takes, and the most that a message may: 20 s and the rest of 25 items. */
const APDU_MS = 400;
const MOST_MS = 20_000 + 30 * APDU_MS;

/** Of a card from which 25 contacts take some eight READs, and 150 longer than a message. */
const SLOW_READ_MS = 8 * APDU_MS;
const READ_INS = 0x16;
const DELETE_INS = 0x1a;

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
  world.beforeApdu = () => {
    world.nowMs += APDU_MS;
  };
});
afterEach(() => world.destroy());

/** What each message took, on the world's clock. */
let tookMs: number[];

function newPhone(maxMsgSize = 100_000): HandPhone {
  tookMs = [];
  return new HandPhone({
    exchange: async (bytes, type, url) => {
      const startedMs = world.nowMs;
      const answer = await world.exchange(bytes, type, url);
      tookMs.push(world.nowMs - startedMs);
      return answer;
    },
    url: "http://127.0.0.1/syncml",
    maxMsgSize,
  });
}

const names = Array.from({ length: 150 }, (_, at) => `Person ${String(100 + at)}`);
const adds: readonly Command[] = names.map((name, at) =>
  change("add", String(at), { text: vcard(name, "1") }),
);

const addStatuses = ({ commands }: Message): readonly string[] =>
  commands.flatMap((each) =>
    each.type === "status" && each.cmd === "Add" ? [`${String(each.code)} ${each.msgRef}`] : [],
  );

async function fetchRest(phone: HandPhone, first: Message): Promise<readonly Message[]> {
  const all = [first];
  while (all.at(-1)?.isFinal !== true) all.push(await phone.send([nextMessage], false));
  return all;
}

describe("a card that takes long", () => {
  it("150 contacts in one message: each answer comes in time, each contact has its Status, once", async () => {
    const phone = newPhone();
    await phone.begin(201, { next: "a1" });
    const answers = await fetchRest(phone, await phone.send([sync(adds)]));
    expect(answers.length).toBeGreaterThan(2);
    expect(answers.flatMap(addStatuses)).toEqual(names.map(() => "201 2"));
    await phone.end();
    expect(await world.contacts()).toHaveLength(names.length);
    expect(Math.max(...tookMs)).toBeLessThanOrEqual(MOST_MS);
    await phone.begin(200, { last: "a1", next: "a2" });
    const quiet = await phone.send([sync()]);
    expect([addStatuses(quiet), phone.received]).toEqual([[], []]);
  });

  it("the service is killed between two of them: the next sync is fast and doubles nothing", async () => {
    const phone = newPhone();
    await phone.begin(201, { next: "a1" });
    await phone.send([sync()]);
    await phone.end();
    await phone.begin(200, { last: "a1", next: "a2" });
    expect((await phone.send([sync(adds)])).isFinal).toBe(false);
    await world.restart();
    const init = await phone.begin(225, { last: "a1", next: "a3" });
    expect(init.commands.find((each) => each.type === "alert")).toMatchObject({ code: 200 });
    await fetchRest(phone, await phone.send([sync(adds)]));
    await phone.end();
    expect(await world.contacts()).toHaveLength(names.length);
    expect(phone.received).toEqual([]);
  });

  it("suspended between two of them: what was done is done, the rest comes and is not doubled", async () => {
    const phone = newPhone();
    await phone.begin(201, { next: "a1" });
    const first = await phone.send([sync(adds)]);
    const done = addStatuses(first).length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(names.length);
    await phone.suspend();
    await phone.begin(225, { next: "a2" });
    await fetchRest(phone, await phone.send([sync(adds.slice(done))]));
    await phone.end();
    expect(await world.contacts()).toHaveLength(names.length);
    expect(phone.received).toEqual([]);
  });

  it("150 contacts on a card that is read for the first time", async () => {
    await world.saveStore("before.sqlite");
    const bytes = Buffer.from(names.map((name) => vcard(name, "1")).join(""), "utf8");
    await world.bridge.items.import(world.held, "contacts", [{ name: "some.vcf", bytes }]);
    await world.kill();
    world.putStoreBack("before.sqlite");
    await world.start();
    const phone = newPhone(20_000);
    await phone.begin(201, { next: "a1" });
    await fetchRest(phone, await phone.send([sync()]));
    expect(new Set(phone.received).size).toBe(names.length);
    expect(phone.received).toHaveLength(names.length);
    await phone.end();
    expect(Math.max(...tookMs)).toBeLessThanOrEqual(MOST_MS);
  });

  it("a mass deletion of contacts that nobody has read: all are in a backup before more than half are gone", async () => {
    const phone = newPhone();
    await phone.begin(201, { next: "a1" });
    await fetchRest(phone, await phone.send([sync(adds)]));
    await phone.end();
    await world.db.deleteFrom("image").execute();
    await world.restart();
    await phone.begin(200, { last: "a1", next: "a2" });
    tookMs = [];
    world.beforeApdu = (command) => {
      world.nowMs += command[1] === READ_INS ? SLOW_READ_MS : APDU_MS;
    };
    const gone: number[] = [];
    const deleting = new Set<number>();
    world.afterApdu = async (command) => {
      if (command[1] !== DELETE_INS) return;
      const backup = world.db.selectFrom("kept_contents").where("purpose", "=", "backup");
      deleting.add(tookMs.length);
      gone.push((await backup.select("record_id").execute()).length);
    };
    const answers = await fetchRest(
      phone,
      await phone.send([sync(names.map((_, at) => remove(String(at))))]),
    );
    expect(gone).toHaveLength(names.length);
    expect(gone[names.length / 2], "the one that passes the bound").toBe(names.length);
    expect(deleting.size, "in some messages it only reads").toBeLessThan(answers.length - 1);
    expect(Math.max(...tookMs)).toBeLessThanOrEqual(20_000 + 10 * SLOW_READ_MS);
    expect(await world.contacts()).toEqual([]);
  });
});
