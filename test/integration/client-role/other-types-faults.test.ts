import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SyncType } from "../../../syncml/index.ts";
import { ClientFaultSweep, type ClientFault } from "../../support/client-fault-sweep.ts";
import { nameOf, prepareEdits } from "../../support/client-scenario.ts";
import { addTo, ClientWorld } from "../../support/client-world.ts";

/** Every n-th fault in `npm test`; CLIENT_FAULTS=all for all of them. */
const EVERY = process.env["CLIENT_FAULTS"] === "all" ? 1 : 13;

let world: ClientWorld;
let sweep: ClientFaultSweep;

beforeEach(async () => {
  world = await ClientWorld.create();
  sweep = new ClientFaultSweep(world);
});
afterEach(() => world.destroy());

/** @returns what is lost or doubled, or keeps the sides from rest; `least` has to be there in the end */
async function complaintsOf(
  syncType: SyncType,
  least: readonly string[],
  maySlow: boolean,
): Promise<readonly string[]> {
  const complaints: string[] = [];
  for (const fault of sampled(await sweep.faults({ syncType }))) {
    const { ours, theirs, unrest, slowSyncs } = await sweep.tryFault(fault, { syncType });
    const names = ours.map((line) => line.split(" ")[0]);
    const isRight =
      unrest === 0 &&
      ours.join() === theirs.join() &&
      new Set(names).size === names.length &&
      least.every((line) => ours.includes(line)) &&
      (maySlow || slowSyncs === 0);
    if (!isRight)
      complaints.push(`${nameOf(fault)}: ${JSON.stringify({ ours, theirs, unrest, slowSyncs })}`);
  }
  return complaints;
}

const sampled = (faults: readonly ClientFault[]): readonly ClientFault[] =>
  faults.filter((_, at) => at % EVERY === 0);

describe("a sync of another type that breaks off at any place", () => {
  it(
    "the first one: nothing is lost, and what both sides had is one",
    { timeout: 240_000 },
    async () => {
      await addTo(world.ours, "Anna", "1");
      await addTo(world.theirs, "Bert", "2");
      for (const each of [world.ours, world.theirs]) await addTo(each, "Same", "7");
      await sweep.save();
      expect(await complaintsOf("twoWay", ["Anna 1", "Bert 2", "Same 7"], true)).toEqual([]);
    },
  );

  const edited = ["Anna 11", "Bert 22", "Cora 3", "Dora 4", "Eric 5"];

  it.each<readonly [SyncType, readonly string[], boolean]>([
    ["slow", edited, true],
    ["oneWayFromClient", edited, false],
    ["oneWayFromServer", edited, false],
    ["refreshFromClient", ["Anna 11", "Cora 3"], true],
    ["refreshFromServer", ["Bert 22", "Dora 4", "Eric 5"], true],
  ])("%s", { timeout: 240_000 }, async (syncType, least, maySlow) => {
    await prepareEdits(world);
    await sweep.save();
    expect(await complaintsOf(syncType, least, maySlow)).toEqual([]);
  });
});
