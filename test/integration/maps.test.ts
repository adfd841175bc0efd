import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Command } from "../../syncml/index.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import { HandPhone } from "../support/hand-phone.ts";
import { contentsOf, statusesOf, sync } from "../support/session-driver.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

async function importCards(...names: readonly string[]): Promise<void> {
  const bytes = Buffer.from(names.map((name) => vcard(name, "2")).join(""), "utf8");
  await world.bridge.items.import(world.held, "contacts", [{ name: "some.vcf", bytes }]);
}

/** A phone that has been sent two contacts in a session that died before its Maps came. */
async function unmapped(): Promise<HandPhone> {
  const phone = new HandPhone({
    exchange: (bytes, type, url) => world.exchange(bytes, type, url),
    url: "http://127.0.0.1/syncml",
  });
  await phone.begin(201, { next: "a1" });
  await phone.send([sync()]);
  await phone.end();
  await importCards("Dora", "Emil");
  await phone.begin(200, { last: "a1", next: "a2" });
  await phone.send([sync()]);
  expect(phone.received).toHaveLength(2);
  return phone;
}

const links = async (): Promise<readonly (string | undefined)[]> =>
  (await world.bridge.links()).map(({ nextIsSlow }) => nextIsSlow);

/** The next two syncs are fast and have nothing for the phone. */
async function expectSettled(phone: HandPhone, last: string): Promise<void> {
  phone.received.length = 0;
  let before = last;
  for (const next of [`${last}+`, `${last}++`]) {
    const init = await phone.begin(200, { last: before, next });
    expect(contentsOf(init)).toContain("Alert 200");
    await phone.send([sync()]);
    await phone.end();
    before = next;
  }
  expect(phone.received).toEqual([]);
  expect(new Set(await links())).toEqual(new Set([undefined]));
}

describe("Adds whose Map did not come (syncml.md 2.4)", () => {
  it("an early Map, before the Sync of the next session: they are not sent again", async () => {
    const phone = await unmapped();
    const guids = [...phone.received];
    phone.received.length = 0;
    await phone.begin(200, { last: "a1", next: "a3" });
    const four = await phone.send([...phone.maps(guids), sync()]);
    expect(statusesOf(four)[1]).toBe("Map 200 ./contacts ./pb");
    expect(phone.received).toEqual([]);
    await phone.end();
    await expectSettled(phone, "a3");
  });

  it("without it they come again, under the same GUIDs, so that a phone knows them: 418, then its Map", async () => {
    const phone = await unmapped();
    const guids = [...phone.received];
    phone.received.length = 0;
    await phone.begin(200, { last: "a1", next: "a3" });
    await phone.send([sync()]);
    expect(phone.received).toEqual(guids);
    const known = Object.fromEntries(guids.map((guid) => [guid, 418]));
    await phone.send(phone.maps(guids), true, known);
    await expectSettled(phone, "a3");
  });

  it("a Map of one of them only: the other one comes again", async () => {
    const phone = await unmapped();
    const [first = "", second = ""] = phone.received;
    phone.received.length = 0;
    await phone.begin(200, { last: "a1", next: "a3" });
    await phone.send([...phone.maps([first]), sync()]);
    expect(phone.received).toEqual([second]);
    await phone.end();
    await expectSettled(phone, "a3");
  });

  it("Maps in several messages, repeated, and of GUIDs that nobody gave", async () => {
    const phone = await unmapped();
    const [first = "", second = ""] = phone.received;
    await phone.send(phone.maps([first, "999999", "no-number"]), false);
    await phone.send(phone.maps([first]), false);
    const last = await phone.send(phone.maps([second, first]));
    expect(statusesOf(last)).toContain("Map 200 ./contacts ./pb");
    await expectSettled(phone, "a2");
  });

  it("a late Map, a session after the one in which they were acknowledged", async () => {
    const phone = await unmapped();
    const guids = [...phone.received];
    await phone.send([] satisfies Command[]);
    phone.received.length = 0;
    await phone.begin(200, { last: "a2", next: "a3" });
    await phone.send([...phone.maps(guids), sync()]);
    expect(phone.received).toEqual([]);
    await phone.end();
    await expectSettled(phone, "a3");
  });
});
