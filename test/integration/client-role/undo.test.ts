import { afterEach, beforeEach, expect, it } from "vitest";
import {
  addTo,
  changeOn,
  ClientWorld,
  contactsOf,
  deleteFrom,
  idOf,
} from "../../support/client-world.ts";

let world: ClientWorld;
beforeEach(async () => {
  world = await ClientWorld.create();
});
afterEach(() => world.destroy());

const lastSync = async (): Promise<number> => (await world.ours.bridge.history(1))[0]?.id ?? 0;
const BEFORE = ["Anna 1", "Bert 1", "Cora 1"];

/** The server added Dora, changed Anna and deleted Bert; the card has taken all of it. @returns that sync's number */
async function syncToUndo(): Promise<number> {
  for (const name of ["Anna", "Bert", "Cora"]) await addTo(world.ours, name, "1");
  await world.sync();
  await addTo(world.theirs, "Dora", "2");
  await changeOn(world.theirs, await idOf(world.theirs, "Anna"), "Anna", "2");
  await deleteFrom(world.theirs, await idOf(world.theirs, "Bert"));
  await world.sync();
  expect(await contactsOf(world.ours)).toEqual(["Anna 2", "Cora 1", "Dora 2"]);
  return lastSync();
}

it("what a server did to the card is undone, and the server gets that with the next sync", async () => {
  const sync = await syncToUndo();
  const { rows } = await world.ours.bridge.undo({ sync, dryRun: false, force: false });
  expect(rows.map(({ what, outcome }) => `${what} ${outcome}`).sort()).toEqual([
    "delete done",
    "replace done",
    "restore done",
  ]);
  expect(await contactsOf(world.ours)).toEqual(BEFORE);
  expect(await world.sync()).toMatchObject({ verdict: "done", type: "twoWay" });
  await world.sync();
  expect(await contactsOf(world.theirs)).toEqual(BEFORE);
  expect(await contactsOf(world.ours)).toEqual(BEFORE);
});

it("the history tells what came from the server and why the sync was of its type", async () => {
  const sync = await syncToUndo();
  const view = await world.ours.bridge.sync({ sync, withTitles: true });
  expect(view.why).toContain("the server took the anchor of our last sync");
  expect(view.items.map(({ side, asked, done }) => `${side} ${asked}: ${done}`).sort()).toEqual([
    "peer add: added",
    "peer delete: deleted",
    "peer replace: replaced",
  ]);
  const first = await world.ours.bridge.sync({ sync: sync - 1, withTitles: false });
  expect(first.why).toContain("Everything was compared");
});
