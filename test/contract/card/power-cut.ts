import { describe, expect, test } from "vitest";
import { toDatabaseId, toRecordId } from "../../../card/commands/ids.ts";
import type { Transport } from "../../../card/transport/transport.ts";
import type { Cut } from "../../support/card/cuttable-nvm.ts";
import { CONTACTS } from "../../support/card/virtual.ts";
import { observe, type Aspects, type Observed } from "./power/aspects.ts";
import { SCENARIOS, type CardShape, type Scenario } from "./power/scenarios.ts";
import { Stage } from "./power/stage.ts";

/** A new card (PIN 1234, PUK 12345678) whose power can be cut at any write to its non-volatile memory. */
export interface PowerBench {
  /** Once power is gone, `transmit` rejects until a `reset`, which powers up and may be cut off, too. */
  readonly transport: Transport;
  /** Takes the power at the given write from now on; undefined: not any more. */
  cutAt(cut: Cut | undefined): Promise<void>;
  /** Writes since the card was made, those of powering up included. */
  writes(): Promise<number>;
  /** Fails where the memory is not sound; does nothing for those who cannot see it. */
  expectSound(): void;
}

/** @param shape what the scenario needs; absent properties as one likes, but some 100 blocks and 16 headers */
export type CreatePowerBench = (shape: CardShape) => Promise<PowerBench>;

export interface PowerCutOptions {
  /** Properties that cards of this make cannot be given; scenarios that need them are left out. */
  readonly fixed?: readonly (keyof CardShape)[];
  /** PIN and PUK are kept by the card's system, whose writes nobody sees. */
  readonly hidesSecrets?: boolean;
}

const WHERE = ["before", "inside", "after"] as const;

/**
 * For every command that changes a card: power is cut before, inside and after every single write. What a host finds
 * afterwards is what was there before or what would be there without the cut; where the command is one step, all of
 * it together. No block is lost or in two records, no try is won.
 */
export const describePowerCuts = (
  name: string,
  create: CreatePowerBench,
  { fixed = [], hidesSecrets = false }: PowerCutOptions = {},
): void => {
  const able = SCENARIOS.filter(({ card = {} }) => fixed.every((property) => !(property in card)));
  describe(`${name} loses power at any write`, () => {
    test.each(able.map((scenario) => [scenario.name, scenario] as const))(
      "of %s",
      async (_, scenario) => {
        const ends = await playEnds(create, scenario);
        if (hidesSecrets && scenario.isOfSecrets === true && ends.writes === 0) return;
        expect(ends.writes, "the command writes").toBeGreaterThan(0);
        for (const where of WHERE) {
          for (let atWrite = 0; atWrite < ends.writes; atWrite++) {
            const wake = await playCut(create, scenario, ends, [{ atWrite, where }]);
            for (let again = 0; again < wake; again++) {
              const second = { atWrite: again, where };
              await playCut(create, scenario, ends, [{ atWrite, where }, second]);
            }
          }
        }
      },
      120_000,
    );
  });
};

/** What a host finds before and after a command that nothing disturbs. */
interface Ends {
  readonly before: Aspects;
  readonly after: Aspects;
  /** Of the command alone. */
  readonly writes: number;
}

const playEnds = async (create: CreatePowerBench, scenario: Scenario): Promise<Ends> => {
  const before = await playWhole(create, { ...scenario, act: () => Promise.resolve() });
  const after = await playWhole(create, scenario);
  return { before: before.aspects, after: after.aspects, writes: after.writes };
};

const playWhole = async (
  create: CreatePowerBench,
  { card = {}, prepare, act }: Scenario,
): Promise<{ readonly aspects: Aspects; readonly writes: number }> => {
  const bench = await create(card);
  const stage = await Stage.open(bench.transport);
  await prepare(stage);
  const start = await bench.writes();
  await act(stage);
  const writes = (await bench.writes()) - start;
  await bench.transport.reset();
  const { aspects } = await observe(stage);
  await bench.transport.close();
  return { aspects, writes };
};

/** @param cuts the first one in the command, the second one while power comes back @returns writes of powering up */
const playCut = async (
  create: CreatePowerBench,
  scenario: Scenario,
  ends: Ends,
  [first, second]: readonly Cut[],
): Promise<number> => {
  const bench = await create(scenario.card ?? {});
  const stage = await Stage.open(bench.transport);
  await scenario.prepare(stage);
  await expectCut(bench, first, () => scenario.act(stage));
  if (second) await expectCut(bench, second, () => bench.transport.reset());
  const start = await bench.writes();
  await bench.transport.reset();
  const wake = (await bench.writes()) - start;
  bench.expectSound();
  await expectSpace(stage, await expectOldOrNew(stage, scenario, ends));
  bench.expectSound();
  await bench.transport.close();
  return wake;
};

/** A command that ends is one whose power was not cut. */
const expectCut = async (
  bench: PowerBench,
  cut: Cut | undefined,
  run: () => Promise<unknown>,
): Promise<void> => {
  await bench.cutAt(cut);
  await expect(run(), "power is cut").rejects.toThrow();
  await bench.cutAt(undefined);
};

const expectOldOrNew = async (
  stage: Stage,
  { isOneStep, between = {} }: Scenario,
  { before, after }: Ends,
): Promise<Observed> => {
  const found = await observe(stage);
  if (isOneStep) {
    expect([before, after].map(toObject)).toContainEqual(toObject(found.aspects));
  }
  for (const name of new Set([...before.keys(), ...after.keys(), ...found.aspects.keys()])) {
    const allowed = [before.get(name), after.get(name), ...(between[name] ?? [])];
    expect(allowed, name).toContain(found.aspects.get(name));
  }
  return found;
};

const toObject = (aspects: Aspects): Record<string, string> => Object.fromEntries(aspects);

/** No block leaked, no header; and records stay what they are when all the rest is filled. */
const expectSpace = async (stage: Stage, { card, contents, aspects }: Observed): Promise<void> => {
  const { freeBlocks, freeHeaders, blockSizeBytes } = stage.newSpace;
  const space = await card.freeSpace();
  const taken = [...contents.values()].reduce(
    (sum, content) => sum + Math.ceil(Buffer.byteLength(content) / (blockSizeBytes - 2)),
    0,
  );
  const headers = [...aspects.keys()].filter((name) => name.startsWith("header ")).length;
  expect(space.freeBlocks, "blocks that are free").toBe(freeBlocks - taken);
  expect(space.freeHeaders, "headers that are free").toBe(freeHeaders - headers);
  if (card.info.pinState.isTransport) return;
  await fillUp(stage, card);
  for (const [name, content] of contents) {
    const [db = 0, id = 0] = name.split("/").map(Number);
    const [record] = await card.read(toDatabaseId(db), [toRecordId(id)]);
    const found = new TextDecoder().decode(record?.content);
    expect(found, `record ${name} on a full card`).toBe(content);
  }
};

const fillUp = async (stage: Stage, card: Observed["card"]): Promise<void> => {
  const bytes = 5 * (stage.newSpace.blockSizeBytes - 2);
  for (let serial = 0; ; serial++) {
    const outcome = await card.create(CONTACTS, new Uint8Array(bytes).fill(serial));
    if (outcome.type === "full") return;
  }
};
