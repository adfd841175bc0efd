import { describe, expect, it } from "vitest";
import {
  expectInStep,
  expectNoChanges,
  expectSuccess,
  expectSync,
  newestHistory,
} from "./support/expectations.ts";
import { ASKED_FOR_SLOW } from "./support/in-step.ts";
import { viewItems } from "./support/item-view.ts";
import { contact, crowd } from "./support/samples.ts";
import { statusesIn } from "./support/sync-evolution.ts";
import { World } from "./support/world.ts";

const MAX_MSG_BYTES = 10_240;
/** Makes 50 KB of the whole vCard. */
const PHOTO_BYTES = 37_500;

describe.each([
  ["XML", "enableWBXML=0"],
  ["WBXML", "enableWBXML=1"],
])("large items, %s:", (_, encoding) => {
  const client = {
    settings: ["SyncMLVersion=1.2", encoding, `maxMsgSize=${String(MAX_MSG_BYTES)}`],
  };

  it("50 KB with a picture pass in pieces of 10 KB, both ways", async () => {
    const settings = { CARDSYNC_SYNC__MAX_MSG_SIZE_BYTES: String(MAX_MSG_BYTES) };
    const world = await World.create({ settings });
    const [phone, tablet] = [
      await world.client(client),
      await world.client({ ...client, deviceId: "sc-pim-tablet" }),
    ];
    phone.put("a", contact("Anna", { photoBytes: PHOTO_BYTES }));
    phone.put("b", contact("Berta"));
    expect(phone.find("FN:Anna")[1].length).toBeGreaterThan(50_000);
    const first = { type: "slow", reason: ASKED_FOR_SLOW, toCard: { added: 2 } };
    await expectSync(world, await phone.sync(), first);
    // The first message carries what the client can do and is as long as that is.
    const [, ...requests] = world.proxy.passed.map(({ requestBytes }) => requestBytes);
    expect(Math.max(...requests)).toBeLessThanOrEqual(MAX_MSG_BYTES);
    await expectInStep(world, phone, ["Anna", "Berta"]);
    world.proxy.restart();
    expectSuccess(await tablet.sync());
    const answers = world.proxy.passed.map(({ answerBytes }) => answerBytes);
    expect(Math.max(...answers)).toBeLessThanOrEqual(MAX_MSG_BYTES);
    await expectInStep(world, tablet, ["Anna", "Berta"]);
    tablet.edit("FN:Anna", (card) => card.replace("+49 30 1234", "+1 2"));
    await expectSync(world, await tablet.sync(), { type: "two-way", toCard: { changed: 1 } });
    await expectSync(world, await phone.sync(), { type: "two-way", toClient: { changed: 1 } });
    await expectInStep(world, phone, ["Anna", "Berta"]);
    await expectNoChanges(world, tablet);
  });
});

describe("a full card", () => {
  it("an item that is too big for it is refused with a clear status, its neighbours are unharmed", async () => {
    const world = await World.create({ cardKb: 64 });
    const phone = await world.client();
    phone.put("a", contact("Anna"));
    phone.put("b", contact("Big", { photoBytes: 100_000 }));
    phone.put("c", contact("Carla"));
    const sync = await phone.sync();
    expect(statusesIn(sync)).toContain(420);
    expect(await newestHistory(world.service)).toMatchObject({
      outcome: "partial",
      received: { added: 2, failed: 1 },
    });
    const titles = async (): Promise<readonly string[]> =>
      viewItems(await world.service.contents("contacts")).map(({ title }) => title);
    expect(await titles()).toEqual(["Anna", "Carla"]);
    phone.edit("FN:Carla", (card) => card.replace("+49 30 1234", "+1 2"));
    phone.put("d", contact("Dora"));
    await phone.sync();
    expect(await titles()).toEqual(["Anna", "Carla", "Dora"]);
    phone.remove("FN:Big");
    await phone.sync();
    await expectInStep(world, phone, ["Anna", "Carla", "Dora"]);
    await expectNoChanges(world, phone);
  });

  it("takes what fits, and by a slow sync the rest when there is room again", async () => {
    const world = await World.create({ cardKb: 64 });
    const phone = await world.client();
    const names = Array.from({ length: 8 }, (_, at) => `Person ${String(at)}`);
    for (const name of names) phone.put(name, contact(name, { photoBytes: 9000 }));
    expect(statusesIn(await phone.sync())).toContain(420);
    const kept = await world.service.items("contacts");
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(names.length);
    const gone = kept.slice(0, names.length - kept.length).map(({ title }) => title);
    for (const name of gone) phone.remove(`FN:${name}\r\n`);
    expectSuccess(await phone.sync());
    // The client does not send again by itself what was refused.
    expectSuccess(await phone.sync({ type: "slow" }));
    await expectInStep(
      world,
      phone,
      names.filter((name) => !gone.includes(name)),
    );
  });
});

describe("many items", () => {
  it("500 contacts on a card of 4 MB, from one phone to the other", async () => {
    const world = await World.create({ cardKb: 4096 });
    const phone = await world.client();
    const tablet = await world.client({ deviceId: "sc-pim-tablet" });
    const people = crowd(500);
    for (const [at, person] of people.entries()) phone.put(`p${String(at)}`, person);
    const first = { type: "slow", reason: ASKED_FOR_SLOW };
    await expectSync(world, await phone.sync(), { ...first, toCard: { added: 500 } });
    await expectSync(world, await tablet.sync(), { ...first, toClient: { added: 500 } });
    const titles = people.map((_, at) => `Person ${String(at + 1).padStart(4, "0")}`);
    await expectInStep(world, tablet, titles);
    await expectNoChanges(world, phone);
    await phone.forget();
    await expectSync(world, await phone.sync(), { ...first, toCard: { added: 500 } });
    await expectInStep(world, phone, titles);
  });
});
