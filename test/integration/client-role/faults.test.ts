import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClientFaultSweep, type ClientFault } from "../../support/client-fault-sweep.ts";
import { addTo, changeOn, ClientWorld, deleteFrom, idOf } from "../../support/client-world.ts";

/** Every n-th fault in `npm test`; CLIENT_FAULTS=all for all of them. */
const EVERY = process.env["CLIENT_FAULTS"] === "all" ? 1 : 5;

const EXPECTED = ["Anna 11", "Bert 22", "Cora 3", "Dora 4", "Eric 5"];

let sweep: ClientFaultSweep;
let faults: readonly ClientFault[];

beforeAll(async () => {
  const world = await ClientWorld.create();
  sweep = new ClientFaultSweep(world);
  const { ours, theirs } = world;
  for (const [at, name] of ["Anna", "Bert", "Fred", "Gina"].entries())
    await addTo(ours, name, String(at + 1));
  await world.sync();
  await changeOn(ours, await idOf(ours, "Anna"), "Anna", "11");
  await changeOn(theirs, await idOf(theirs, "Bert"), "Bert", "22");
  await addTo(ours, "Cora", "3");
  await addTo(theirs, "Dora", "4");
  await addTo(theirs, "Eric", "5");
  await deleteFrom(ours, await idOf(ours, "Fred"));
  await deleteFrom(theirs, await idOf(theirs, "Gina"));
  await sweep.save();
  faults = await sweep.faults();
}, 60_000);
afterAll(() => sweep.world.destroy());

const nameOf = (fault: ClientFault): string =>
  fault.type === "message"
    ? `${fault.fault.what} ${String(fault.fault.message)}`
    : `death ${fault.when} APDU ${String(fault.apdu)}`;

describe("a sync with a server that breaks off at any place", () => {
  it("is followed by fast ones; nothing is lost or doubled", { timeout: 240_000 }, async () => {
    const failures: string[] = [];
    for (const fault of faults.filter((_, at) => at % EVERY === 0)) {
      const verdict = await sweep.tryFault(fault);
      const isRight =
        verdict.slowSyncs === 0 &&
        verdict.unrest === 0 &&
        verdict.ours.join() === EXPECTED.join() &&
        verdict.theirs.join() === EXPECTED.join();
      if (!isRight) failures.push(`${nameOf(fault)}: ${JSON.stringify(verdict)}`);
    }
    expect(failures).toEqual([]);
  });
});
