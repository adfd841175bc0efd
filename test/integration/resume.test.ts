import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Command, Message } from "../../syncml/index.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import { HandPhone } from "../support/hand-phone.ts";
import { ConnectionLost } from "../support/scripted-client.ts";
import { change, contentsOf, statusesOf, sync } from "../support/session-driver.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

const newPhone = (maxMsgSize = 100_000, deviceId = "hand"): HandPhone =>
  new HandPhone({
    exchange: (bytes, type, url) => world.exchange(bytes, type, url),
    url: "http://127.0.0.1/syncml",
    deviceId,
    maxMsgSize,
  });

const add = (luid: string, name: string, more = ""): Command =>
  change("add", luid, { text: vcard(name, "1", more) });

async function onCard(): Promise<readonly string[]> {
  const texts = await world.contacts();
  return texts.map((text) => /FN:([^\r\n]*)/.exec(text)?.[1] ?? "?").sort();
}

async function importCards(names: readonly string[], more = ""): Promise<void> {
  const bytes = Buffer.from(names.map((name) => vcard(name, "2", more)).join(""), "utf8");
  await world.bridge.items.import(world.held, "contacts", [{ name: "some.vcf", bytes }]);
}

/** A phone and a card that hold nothing and share the anchors `a1`. */
async function inStep(maxMsgSize?: number, deviceId?: string): Promise<HandPhone> {
  const phone = newPhone(maxMsgSize, deviceId);
  await phone.begin(201, { next: "a1" });
  await phone.send([sync()]);
  await phone.end();
  phone.received.length = 0;
  return phone;
}

/** What our package 2 says to the Alert: its Status and the code of our own. */
const granted = (message: Message): string =>
  `${statusesOf(message)[1]?.split(" ")[1] ?? ""} ${contentsOf(message)[0] ?? ""}`;

const itemCodes = (message: Message): readonly string[] =>
  statusesOf(message)
    .filter((text) => text.startsWith("Add"))
    .map((text) => text.slice(4));

/** One more sync of a phone in step: it has to be fast, and to find nothing. */
async function expectQuiet(phone: HandPhone, last: string): Promise<void> {
  phone.received.length = 0;
  expect(granted(await phone.begin(200, { last, next: `${last}+` }))).toBe("200 Alert 200");
  expect(contentsOf(await phone.send([sync()])).slice(1)).toEqual([]);
  await phone.end();
}

const newest = async (): Promise<unknown> => {
  const [entry] = await world.bridge.history(1);
  return { typeDone: entry?.typeDone, outcome: entry?.outcome };
};

describe("a sync that is suspended goes on where it stopped", () => {
  it("in package 3: what was taken is not asked for again", async () => {
    const phone = await inStep();
    await importCards(["Dora"]);
    await phone.begin(200, { last: "a1", next: "a2" });
    await phone.send([sync([add("1", "Anna"), add("2", "Bert")])], false);
    expect(statusesOf(await phone.suspend()).at(-1)).toMatch(/^Alert 200/);
    expect(granted(await phone.begin(225, { last: "a1", next: "a3" }))).toBe("200 Alert 200");
    const four = await phone.send([sync([add("3", "Cora")])]);
    expect(itemCodes(four)).toEqual(["201 3"]);
    expect(phone.received).toHaveLength(1);
    await phone.end();
    expect(await onCard()).toEqual(["Anna", "Bert", "Cora", "Dora"]);
    expect(await newest()).toEqual({ typeDone: "two-way", outcome: "ok" });
    await expectQuiet(phone, "a3");
  });

  it.each([200, 201])(
    "in package 4 of an Alert %i: what was acknowledged does not come again",
    async (code) => {
      const names = Array.from({ length: 12 }, (_, at) => `Person ${String(10 + at)}`);
      const phone = await inStep(3000);
      await importCards(names);
      await phone.begin(code, { last: "a1", next: "a2" });
      const four = await phone.send([sync([add("1", "Anna")])]);
      expect(four.isFinal).toBe(false);
      const before = phone.received.length;
      expect(before).toBeGreaterThan(0);
      await phone.suspend();
      expect(granted(await phone.begin(225, { next: "a3" }))).toBe(`200 Alert ${String(code)}`);
      await phone.send([...phone.maps(phone.received), sync()]);
      await phone.fetchRest();
      expect(phone.received).toHaveLength(names.length);
      expect(new Set(phone.received).size).toBe(names.length);
      await phone.end();
      expect(await onCard()).toEqual(["Anna", ...names]);
      await expectQuiet(phone, "a3");
    },
  );

  it("without a word, since the connection broke: what has no Status comes again", async () => {
    const phone = await inStep(3000);
    await importCards(["Dora", "Emil"]);
    await phone.begin(200, { last: "a1", next: "a2" });
    world.resetMessages();
    world.fault = { message: 1, what: "answer" };
    await expect(phone.send([sync([add("1", "Anna")])])).rejects.toBeInstanceOf(ConnectionLost);
    world.fault = undefined;
    expect(granted(await phone.begin(225, { last: "a1", next: "a3" }))).toBe("200 Alert 200");
    const four = await phone.send([sync([add("1", "Anna")])]);
    expect(itemCodes(four)[0]).toMatch(/^20[01] 1$/);
    expect(phone.received).toHaveLength(2);
    await phone.end();
    expect(await onCard()).toEqual(["Anna", "Dora", "Emil"]);
    await expectQuiet(phone, "a3");
  });

  it("twice", async () => {
    const phone = await inStep();
    await phone.begin(200, { last: "a1", next: "a2" });
    await phone.send([sync([add("1", "Anna")])], false);
    await phone.suspend();
    await phone.begin(225, { last: "a1", next: "a3" });
    await phone.send([sync([add("2", "Bert")])], false);
    await phone.suspend();
    expect(granted(await phone.begin(225, { last: "a1", next: "a4" }))).toBe("200 Alert 200");
    await phone.send([sync([add("3", "Cora")])]);
    await phone.end();
    expect(await onCard()).toEqual(["Anna", "Bert", "Cora"]);
    await expectQuiet(phone, "a4");
  });

  describe("in the middle of a large object", () => {
    const text = vcard("Anna", "1", `NOTE:${"abcdefghij".repeat(300)}\r\n`);
    const size = Buffer.byteLength(text);
    const part = (from: number, to: number, more: object = { moreData: true }): Command =>
      change("add", "1", { text: text.slice(from, to), ...more });

    const atPosition = (command: Command, at: number): Command =>
      command.type === "add" ? { ...command, meta: { emi: [`datapos=${String(at)}`] } } : command;

    it.each([
      ["the rest follows", (): Command => part(1000, size, {})],
      ["the last chunk comes again first", (): Command => part(500, 1000)],
      ["it says where it goes on", (): Command => atPosition(part(200, size, {}), 200)],
      ["it begins anew", (): Command => part(0, 1000, { moreData: true, size })],
    ])("of the phone: %s", async (_name, next) => {
      const phone = await inStep();
      await phone.begin(200, { last: "a1", next: "a2" });
      await phone.send([sync([part(0, 500, { moreData: true, size })])], false);
      await phone.send([sync([part(500, 1000)])], false);
      await phone.suspend();
      await phone.begin(225, { last: "a1", next: "a3" });
      const first = next();
      const isLast = first.type === "add" && first.items[0]?.moreData !== true;
      const reply = await phone.send([sync([first])], isLast);
      const last = isLast ? reply : await phone.send([sync([part(1000, size, {})])]);
      expect(itemCodes(last)).toEqual(["201 1"]);
      await phone.end();
      const [anna] = await world.contacts();
      expect(anna?.replaceAll("\r\n ", "")).toContain("abcdefghij".repeat(300));
      await expectQuiet(phone, "a3");
    });

    it("of the phone that is left off: nothing of it is kept, and nobody complains", async () => {
      const phone = await inStep();
      await phone.begin(200, { last: "a1", next: "a2" });
      await phone.send([sync([part(0, 500, { moreData: true, size })])], false);
      await phone.suspend();
      await phone.begin(225, { last: "a1", next: "a3" });
      const four = await phone.send([sync([add("2", "Bert")])]);
      expect(contentsOf(four)).not.toContain("Alert 223");
      await phone.end();
      expect(await onCard()).toEqual(["Bert"]);
    });

    it("of the card: it comes again whole", async () => {
      const phone = await inStep(3000);
      await importCards(["Dora"], `NOTE:${"x".repeat(9000)}\r\n`);
      await phone.begin(200, { last: "a1", next: "a2" });
      const four = await phone.send([sync()]);
      expect(contentsOf(four).at(-1)).toMatch(/^add .*\+$/);
      await phone.suspend();
      await phone.begin(225, { last: "a1", next: "a3" });
      const again = await phone.send([sync()]);
      expect(contentsOf(again).at(-1)).toMatch(/^add .*\+$/);
      const first = again.commands.flatMap((each) =>
        each.type === "sync" ? each.commands : [],
      )[0];
      expect(first).toMatchObject({ items: [{ meta: { emi: ["datapos=0"] } }] });
      await phone.fetchRest();
      expect(phone.received).toHaveLength(1);
      await phone.end();
      await expectQuiet(phone, "a3");
    });
  });
});

describe("where there is nothing to go on with, it starts over from the last anchors: 509, and a fast sync", () => {
  async function suspended(): Promise<HandPhone> {
    const phone = await inStep();
    await phone.begin(200, { last: "a1", next: "a2" });
    await phone.send([sync([add("1", "Anna"), add("2", "Bert")])], false);
    await phone.suspend();
    return phone;
  }

  async function expectFastAnew(phone: HandPhone): Promise<void> {
    expect(granted(await phone.begin(225, { last: "a1", next: "a3" }))).toBe("509 Alert 200");
    await phone.send([sync([add("1", "Anna"), add("2", "Bert"), add("3", "Cora")])]);
    await phone.end();
    expect(await onCard()).toEqual(["Anna", "Bert", "Cora"]);
    await expectQuiet(phone, "a3");
  }

  it("after a restart of the service", async () => {
    const phone = await suspended();
    await world.restart();
    await expectFastAnew(phone);
  });

  it("after a reset of the card that nobody told of", async () => {
    const phone = await suspended();
    await world.resetCard();
    await expectFastAnew(phone);
  });

  it("after too long a time", async () => {
    const phone = await suspended();
    world.nowMs += 301_000;
    await world.server.sweep();
    expect(world.held.isLeased).toBe(false);
    await expectFastAnew(phone);
  });

  it("after another device has taken the card, which has not to wait", async () => {
    const phone = await suspended();
    const other = newPhone(100_000, "other");
    expect(granted(await other.begin(201, { next: "b1" }))).toBe("200 Alert 201");
    await other.send([sync()]);
    await other.end();
    await expectFastAnew(phone);
  });

  it("before any Sync has come", async () => {
    const phone = await inStep();
    await phone.begin(200, { last: "a1", next: "a2" });
    await phone.suspend();
    expect(world.held.isLeased).toBe(false);
    expect(granted(await phone.begin(225, { last: "a1", next: "a3" }))).toBe("509 Alert 200");
  });

  it("but a peer that names other anchors than those was reset: 508 and a slow sync", async () => {
    const phone = await suspended();
    expect(granted(await phone.begin(225, { last: "a0", next: "a3" }))).toBe("508 Alert 201");
  });
});
