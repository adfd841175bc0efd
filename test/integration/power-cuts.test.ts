import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CardUnderSync, type Comeback } from "../support/card-under-sync.ts";
import { vcard } from "../support/bridge-world.ts";
import type { Cut } from "../support/card/cuttable-nvm.ts";
import { expectSoundHeap } from "../support/card/sound-heap.ts";
import {
  AS_NOBODY,
  CONTACTS,
  editCard,
  keysOf,
  record,
  REFERENCE_SYNCS,
  type ReferenceSync,
  synchronized,
} from "../support/reference-syncs.ts";

/** `POWER_CUTS=all` cuts at every write in every way; else a sample that is the same in each run. */
const IS_FULL = process.env["POWER_CUTS"] === "all";
const SAMPLE_STRIDE = 47;
/** A sync with no more writes than this is cut at all of them. */
const FEW_WRITES = 1;

/** Two-way syncs until nothing is left to say. @returns what both sides hold */
const settle = async ({ client, world }: CardUnderSync): Promise<readonly string[]> => {
  await client.sync();
  await client.sync();
  expect((await client.sync()).received, "nothing is left to say").toEqual([]);
  const held = keysOf(client.items.values());
  expect(keysOf(await world.contacts()), "both sides are equal").toEqual(held);
  return held;
};

/** What the card itself says, after another reset of which nobody tells the service. */
const expectSoundCard = async ({ nvm, world }: CardUnderSync): Promise<void> => {
  const { total, used } = expectSoundHeap(nvm);
  await world.resetCard();
  const space = await world.held.run((card) => card.freeSpace());
  const counters = await world.held.run((card) => card.counters());
  expect(space.freeBlocks, "blocks that are free").toBe(total - used);
  expect(counters.pinTries).toBe(3);
};

let bench: CardUnderSync;
beforeEach(async () => {
  bench = await CardUnderSync.create();
});
afterEach(() => bench.destroy());

const cutAndGoOn = async (
  { code, staysFast, keeps }: ReferenceSync,
  cut: Cut,
  comeback: Comeback,
  clean: readonly string[],
): Promise<void> => {
  await bench.putBack();
  const before = [...keysOf(bench.client.items.values()), ...keysOf(await bench.world.contacts())];
  await bench.syncAndCut(code, cut, comeback);
  await expectSoundCard(bench);
  const next = await bench.client.sync();
  if (staysFast) expect(next.code, "the next sync").toBe(200);
  const found = await settle(bench);
  if (keeps === undefined) expect(found).toEqual(clean);
  else expectWithin(found, keeps, before);
  await expectSoundCard(bench);
};

/** A refresh that was broken off may have done its deletions or not; nothing is doubled, and what counts is there. */
const expectWithin = (
  found: readonly string[],
  keeps: readonly string[],
  before: readonly string[],
): void => {
  expect(found).toEqual(expect.arrayContaining([...keeps]));
  expect(found.filter((key) => !before.includes(key))).toEqual([]);
  expect(found).toHaveLength(new Set(found).size);
};

const WHERE = ["before", "inside", "after"] as const;
const COMEBACKS: readonly Comeback[] = ["flickers", "is pulled", "dies with the service"];

interface Fault {
  readonly cut: Cut;
  readonly comeback: Comeback;
}

/** @param nth of the sync: so that the samples of two syncs differ */
const faultsOf = (writes: number, nth: number): readonly Fault[] => {
  const all = Array.from({ length: writes }, (_, atWrite) =>
    WHERE.flatMap((where) => COMEBACKS.map((comeback) => ({ cut: { atWrite, where }, comeback }))),
  ).flat();
  return IS_FULL || writes <= FEW_WRITES
    ? all
    : all.filter((_, index) => (index + nth) % SAMPLE_STRIDE === 0);
};

describe("the card loses power in", () => {
  it.each(REFERENCE_SYNCS.map((sync, nth) => [sync.name, sync, nth] as const))(
    "%s: nothing is lost or doubled, and no sync is slow that need not be",
    async (_, sync, nth) => {
      await sync.prepare(bench);
      await bench.save();
      const writes = await bench.syncAndCut(sync.code, undefined, "flickers");
      const clean = await settle(bench);
      expect(writes).toBeGreaterThan(0);
      if (sync.keeps) expect(clean).toEqual(expect.arrayContaining([...sync.keeps]));
      const failures: string[] = [];
      for (const { cut, comeback } of faultsOf(writes, nth)) {
        await cutAndGoOn(sync, cut, comeback, clean).catch((error: unknown) => {
          failures.push(`${cut.where} write ${String(cut.atWrite)}, ${comeback}: ${String(error)}`);
        });
      }
      expect(failures).toEqual([]);
    },
    3_600_000,
  );
});

describe("what was decided before the cut and never written", () => {
  const cutBefore = (atWrite: number): Cut => ({ atWrite, where: "before" });
  const editBoth = async (): Promise<void> => {
    const { client } = bench;
    await synchronized(bench);
    client.change(client.luidOf(vcard("Anna", "1")), vcard("Anna", "client"));
    await editCard(bench, (card, idOf) =>
      card.update(CONTACTS, idOf("Anna"), record("Anna", "card"), AS_NOBODY),
    );
  };

  it("an edit whose conflict was not resolved is no repeat of itself: both versions are kept", async () => {
    await editBoth();
    await bench.syncAndCut(200, cutBefore(1), "flickers");
    expect(await settle(bench)).toEqual(expect.arrayContaining(["Anna card", "Anna client"]));
  });

  it("an edit beside which the copy stands already makes no second copy", async () => {
    await editBoth();
    await bench.syncAndCut(200, { atWrite: 2, where: "after" }, "flickers");
    const found = await settle(bench);
    expect(found.filter((key) => key.startsWith("Anna"))).toEqual(["Anna card", "Anna client"]);
  });

  it("an update in a slow sync does not count as received", async () => {
    await synchronized(bench);
    bench.client.change(bench.client.luidOf(vcard("Anna", "1")), vcard("Anna", "client"));
    await bench.syncAndCut(201, cutBefore(1), "flickers");
    expect(await settle(bench)).toContain("Anna client");
  });

  it("a COMMIT without changes is not reported as done", async () => {
    await synchronized(bench);
    await bench.syncAndCut(200, cutBefore(0), "flickers");
    const [last] = await bench.world.bridge.history(1);
    expect(last).toMatchObject({ outcome: "failed" });
    expect((await bench.client.sync()).code).toBe(200);
  });
});
