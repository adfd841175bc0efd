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
import { contact } from "./support/samples.ts";
import { statusesIn } from "./support/sync-evolution.ts";
import { World } from "./support/world.ts";

const KB = 1024;
/** Makes about 16 KB of the whole vCard. */
const PHOTO_BYTES = 12_000;

/** The client announces no less than 10 KB, whatever it is told; smaller messages are ours to ask for. */
const SMALLEST_OF_CLIENT = 10 * KB;

const sizesOfService = (size: number): Readonly<Record<string, string>> =>
  size < SMALLEST_OF_CLIENT ? { CARDSYNC_SYNC__MAX_MSG_SIZE_BYTES: String(size) } : {};

describe("MaxMsgSize", () => {
  it.each([
    [4 * KB, 0],
    [16 * KB, 1],
    [150 * KB, 0],
    [1024 * KB, 1],
  ])(
    "%i bytes, WBXML %i: items larger and smaller than a message, both ways",
    async (size, wbxml) => {
      const settings = [
        "SyncMLVersion=1.2",
        `enableWBXML=${String(wbxml)}`,
        `maxMsgSize=${String(size)}`,
      ];
      const world = await World.create({ settings: sizesOfService(size) });
      const phone = await world.client({ settings });
      const tablet = await world.client({ settings, deviceId: "sc-pim-tablet" });
      const names = ["Anna", "Berta", "Carla", "Dora"];
      for (const [at, name] of names.entries())
        phone.put(name, contact(name, at % 2 === 0 ? { photoBytes: PHOTO_BYTES } : {}));
      const first = { type: "slow", reason: ASKED_FOR_SLOW };
      await expectSync(world, await phone.sync(), { ...first, toCard: { added: 4 } });
      world.proxy.restart();
      await expectSync(world, await tablet.sync(), { ...first, toClient: { added: 4 } });
      const answers = world.proxy.passed.map(({ answerBytes }) => answerBytes);
      expect(Math.max(...answers)).toBeLessThanOrEqual(size);
      await expectInStep(world, tablet, names);
      tablet.edit("FN:Anna", (card) => card.replace("+49 30 1234", "+1 2"));
      tablet.remove("FN:Carla");
      const changes = { changed: 1, deleted: 1 };
      await expectSync(world, await tablet.sync(), { type: "two-way", toCard: changes });
      await expectSync(world, await phone.sync(), { type: "two-way", toClient: changes });
      await expectInStep(world, phone, ["Anna", "Berta", "Dora"]);
      await expectNoChanges(world, phone);
    },
  );
});

describe("MaxObjSize", () => {
  it("of ours: an item above it is refused, its neighbours come, and the next sync is fast", async () => {
    const world = await World.create({ settings: { CARDSYNC_SYNC__MAX_OBJ_SIZE_BYTES: "10000" } });
    const phone = await world.client({ settings: ["SyncMLVersion=1.2", "maxMsgSize=8192"] });
    phone.put("a", contact("Anna"));
    phone.put("b", contact("Big", { photoBytes: PHOTO_BYTES }));
    phone.put("c", contact("Carla"));
    const sync = await phone.sync();
    const titles = async (): Promise<readonly string[]> =>
      viewItems(await world.service.contents("contacts")).map(({ title }) => title);
    expect(await titles(), sync.output).toEqual(["Anna", "Carla"]);
    phone.remove("FN:Big");
    phone.put("d", contact("Dora"));
    expectSuccess(await phone.sync());
    expect((await newestHistory(world.service)).typeDone).toBe("two-way");
    await expectInStep(world, phone, ["Anna", "Carla", "Dora"]);
    await expectNoChanges(world, phone);
  });

  it("of the client: what is larger does not leave, the rest does, and nothing is slow for it", async () => {
    const world = await World.create();
    await world.importItems(
      "contacts",
      contact("Anna"),
      contact("Big", { photoBytes: PHOTO_BYTES }),
      contact("Carla"),
    );
    const phone = await world.client({ settings: ["SyncMLVersion=1.2", "maxObjSize=10000"] });
    const sync = await phone.sync();
    const onPhone = (): readonly string[] =>
      viewItems(phone.items("contacts").values()).map(({ title }) => title);
    expect(onPhone(), sync.output).toEqual(["Anna", "Carla"]);
    expect(statusesIn(sync).filter((code) => code >= 500)).toEqual([]);
    await world.service.deleteItem("contacts", "Big");
    await world.importItems("contacts", contact("Dora"));
    expectSuccess(await phone.sync());
    expect((await newestHistory(world.service)).typeDone).toBe("two-way");
    await expectInStep(world, phone, ["Anna", "Carla", "Dora"]);
  });
});
