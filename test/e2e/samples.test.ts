import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { DatastoreName } from "../../src/bridge/databases.ts";
import { expectSuccess, expectSync } from "./support/expectations.ts";
import { viewItems } from "./support/item-view.ts";
import { World } from "./support/world.ts";

const ITEMS = resolve(import.meta.dirname, "../../samples/items");
const VECTORS = resolve(import.meta.dirname, "../vectors/pim/syncevolution");
/** Items of which SyncEvolution itself does not store all: see README.md there. */
const NOT_KEPT_WHOLE = new Set([
  ...Object.keys(JSON.parse(readFileSync(join(VECTORS, "lost.json"), "utf8")) as object),
  "weekly-with-exceptions.ics",
]);

interface Kind {
  readonly datastore: DatastoreName;
  readonly folder: string;
  readonly format: string;
}

const KINDS: readonly Kind[] = [
  { datastore: "contacts", folder: "contacts", format: "text/vcard" },
  { datastore: "calendar", folder: "events", format: "text/calendar" },
  { datastore: "tasks", folder: "tasks", format: "text/calendar" },
  { datastore: "notes", folder: "notes", format: "text/plain" },
];

const samplesIn = (folder: string): readonly string[] =>
  readdirSync(join(ITEMS, folder))
    .filter((name) => !NOT_KEPT_WHOLE.has(name))
    .map((name) => join(ITEMS, folder, name));

/** Items as the world has them: SyncEvolution rewrites them, which must make no difference. */
describe("the items of samples/items that SyncEvolution keeps whole:", () => {
  it.each(KINDS)("$datastore", async ({ datastore, folder, format }) => {
    const world = await World.create();
    const { service } = world;
    for (const path of samplesIn(folder)) await service.importItems(datastore, path);
    const titles = (await service.items(datastore)).map(({ title }) => title).sort();
    expect(titles.length).toBeGreaterThanOrEqual(samplesIn(folder).length);
    const datastores = [{ name: datastore, format }];
    const phone = await world.client({ datastores });
    const added = { toClient: { added: titles.length } };
    const first = { type: "slow", reason: "slow sync", datastore, ...added };
    await expectSync(world, await phone.sync(), first);
    const before = await service.contents(datastore);
    await expectSync(world, await phone.sync(), { type: "two-way", datastore });

    // Reset: what the phone made of the items is recognised as the same, and the card's own stay as they were.
    await phone.forget();
    expectSuccess(await phone.sync());
    expect((await service.items(datastore)).map(({ title }) => title).sort()).toEqual(titles);
    expect(phone.items(datastore).size).toBe(titles.length);
    expect(viewItems(await service.contents(datastore))).toEqual(viewItems(before));
    await expectSync(world, await phone.sync(), { type: "two-way", datastore });

    const tablet = await world.client({ datastores, deviceId: "sc-pim-tablet" });
    await expectSync(world, await tablet.sync(), first);
    expect(viewItems(tablet.items(datastore).values())).toEqual(
      viewItems(phone.items(datastore).values()),
    );
  });
});
