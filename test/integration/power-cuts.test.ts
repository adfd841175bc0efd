import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PimCard, RecordId } from "../../card/index.ts";
import { encodeRecord } from "../../src/pim/card-record.ts";
import { CardUnderSync, type Comeback } from "../support/card-under-sync.ts";
import { vcard } from "../support/bridge-world.ts";
import { Dice } from "../support/card/fuzz/dice.ts";
import type { Cut } from "../support/card/cuttable-nvm.ts";
import { expectSoundHeap } from "../support/card/sound-heap.ts";

/** `POWER_CUTS=all` cuts at every write in every way; else a sample that is the same in each run. */
const IS_FULL = process.env["POWER_CUTS"] === "all";
const SAMPLE_STRIDE = 47;
/** A sync with no more writes than this is cut at all of them. */
const FEW_WRITES = 1;

interface CutSync {
  readonly name: string;
  readonly code: number;
  /** From a new card, a new service and a client without items. */
  readonly prepare: (bench: CardUnderSync) => Promise<void>;
  /** Whether the sides had a common object, and the sync does not give it up. */
  readonly staysFast: boolean;
  /** What must be on both sides in the end, beside what one of them had; absent: what is there without a cut. */
  readonly keeps?: readonly string[];
}

const CONTACTS = 1 as Parameters<PimCard["create"]>[0];
/** Does not compress: several blocks and two segments on the card. */
const LONG_NOTE = `NOTE:${Buffer.from(new Dice(1).bytes(220)).toString("base64")}\r\n`;

/** A person's edits at the card. */
const editCard = async (
  { world }: CardUnderSync,
  edit: (card: PimCard, idOf: (name: string) => RecordId) => Promise<unknown>,
): Promise<void> => {
  const items = await world.bridge.items.list(world.held, "contacts");
  const idOf = (name: string): RecordId =>
    (items.find(({ title }) => title === name)?.id ?? 0) as RecordId;
  await world.held.run((card) => edit(card, idOf));
};

const record = (name: string, tel: string, more = ""): Uint8Array =>
  encodeRecord({ kind: "contact", text: vcard(name, tel, more) });

const AS_NOBODY = { asNobody: true };
const BOTH_HOLD = ["Anna", "Bert", "Carla", "Dora", "Emil", "Frida", "Gina"];

const synchronized = async ({ client }: CardUnderSync): Promise<void> => {
  for (const name of BOTH_HOLD) client.add(vcard(name, "1"));
  await client.sync();
  await client.sync();
};

const editByClient = ({ client }: CardUnderSync): void => {
  const luidOf = (name: string): string => client.luidOf(vcard(name, "1"));
  client.change(luidOf("Anna"), vcard("Anna", "client"));
  client.delete(luidOf("Bert"));
  client.delete(luidOf("Carla"));
  client.change(luidOf("Dora"), vcard("Dora", "client", LONG_NOTE));
  client.add(vcard("Hugo", "client", LONG_NOTE));
  client.add(vcard("Ida", "client"));
};

/** Conflicts with the client's edits in Anna (both changed), Carla and Dora (one changed, one deleted). */
const editByCard = (bench: CardUnderSync): Promise<void> =>
  editCard(bench, async (card, idOf) => {
    await card.update(CONTACTS, idOf("Anna"), record("Anna", "card"), AS_NOBODY);
    await card.update(CONTACTS, idOf("Carla"), record("Carla", "card", LONG_NOTE), AS_NOBODY);
    await card.delete(CONTACTS, idOf("Dora"), AS_NOBODY);
    await card.delete(CONTACTS, idOf("Emil"), AS_NOBODY);
    await card.update(CONTACTS, idOf("Frida"), record("Frida", "card"), AS_NOBODY);
    await card.create(CONTACTS, record("Jan", "card", LONG_NOTE), AS_NOBODY);
  });

const withEditsOnBothSides = async (bench: CardUnderSync): Promise<void> => {
  await synchronized(bench);
  editByClient(bench);
  await editByCard(bench);
};

const withEditsOnTheCard = async (bench: CardUnderSync): Promise<void> => {
  await synchronized(bench);
  await editByCard(bench);
};

/** Items that only one side has, and twins of which each side has one. */
const strangers = async (bench: CardUnderSync): Promise<void> => {
  bench.client.add(vcard("Anna", "1"));
  bench.client.add(vcard("Bert", "client", LONG_NOTE));
  bench.client.add(vcard("Carla", "1"));
  await editCard(bench, async (card) => {
    await card.create(CONTACTS, record("Anna", "1"));
    await card.create(CONTACTS, record("Carla", "card"));
    await card.create(CONTACTS, record("Jan", "card", LONG_NOTE));
  });
};

const SYNCS: readonly CutSync[] = [
  {
    name: "a two-way sync with changes and conflicts",
    code: 200,
    prepare: withEditsOnBothSides,
    staysFast: true,
  },
  { name: "a first sync", code: 200, prepare: strangers, staysFast: false },
  {
    name: "a one-way sync from the client",
    code: 202,
    prepare: withEditsOnBothSides,
    staysFast: true,
  },
  {
    name: "a one-way sync from the card",
    code: 204,
    prepare: withEditsOnTheCard,
    staysFast: true,
  },
  {
    name: "a refresh from the client",
    code: 203,
    prepare: withEditsOnBothSides,
    staysFast: false,
    keeps: ["Anna client", "Dora client", "Gina 1", "Hugo client", "Ida client"],
  },
  {
    name: "a refresh from the card",
    code: 205,
    prepare: withEditsOnTheCard,
    staysFast: false,
    keeps: ["Anna card", "Bert 1", "Carla card", "Frida card", "Gina 1", "Jan card"],
  },
  {
    name: "a slow sync that was asked for",
    code: 201,
    prepare: withEditsOnTheCard,
    staysFast: false,
    keeps: ["Anna card", "Bert 1", "Carla card", "Frida card", "Gina 1", "Jan card"],
  },
  { name: "a sync without changes", code: 200, prepare: synchronized, staysFast: true },
];

const keyOf = (text: string): string =>
  `${/FN:([^\r\n]*)/.exec(text)?.[1] ?? "?"} ${/TEL[^:]*:([^\r\n]*)/.exec(text)?.[1] ?? "?"}`;
const keys = (texts: Iterable<string>): readonly string[] => [...texts].map(keyOf).sort();

/** Two-way syncs until nothing is left to say. @returns what both sides hold */
const settle = async ({ client, world }: CardUnderSync): Promise<readonly string[]> => {
  await client.sync();
  await client.sync();
  expect((await client.sync()).received, "nothing is left to say").toEqual([]);
  const held = keys(client.items.values());
  expect(keys(await world.contacts()), "both sides are equal").toEqual(held);
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
  { code, staysFast, keeps }: CutSync,
  cut: Cut,
  comeback: Comeback,
  clean: readonly string[],
): Promise<void> => {
  await bench.putBack();
  const before = [...keys(bench.client.items.values()), ...keys(await bench.world.contacts())];
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
  it.each(SYNCS.map((sync, nth) => [sync.name, sync, nth] as const))(
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
