import type { CardUnderSync } from "../support/card-under-sync.ts";
import { keysOf, type ReferenceSync } from "../support/reference-syncs.ts";
import type { LaterEdit } from "./later-edits.ts";

/** How a side differs from what it should hold. */
export interface Difference {
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

export type Compare = (found: readonly string[]) => Difference;

/**
 * Says what both sides may hold in the end, by the edit that follows the fault: what they hold where the same is done
 * without a fault. A refresh or slow sync that broke off may have replaced a side or not: what counts is there, and nothing
 * is there twice or out of nowhere.
 */
export async function wantedAfter(
  bench: CardUnderSync,
  sync: ReferenceSync,
): Promise<(edit: LaterEdit | undefined) => Promise<Compare>> {
  if (sync.keeps !== undefined) {
    const within = isWithin(sync.keeps, await heldBefore(bench));
    return () => Promise.resolve(within);
  }
  const outcomes = new Map<LaterEdit | undefined, readonly string[]>();
  const outcome = async (edit: LaterEdit | undefined): Promise<readonly string[]> => {
    const known = outcomes.get(edit) ?? (await outcomeOf(bench, sync, edit));
    outcomes.set(edit, known);
    return known;
  };
  return async (edit) => {
    const wanted = [await outcome(edit)];
    if (edit?.mayFail === true) wanted.push(await outcome(undefined));
    return closestTo(wanted);
  };
}

async function heldBefore({ client, world }: CardUnderSync): Promise<readonly string[]> {
  return [...keysOf(client.items.values()), ...keysOf(await world.contacts())];
}

async function outcomeOf(
  bench: CardUnderSync,
  { code }: ReferenceSync,
  edit: LaterEdit | undefined,
): Promise<readonly string[]> {
  const { client, world } = bench;
  await bench.putBack();
  await client.sync(code);
  await edit?.run(bench);
  await client.sync();
  await client.sync();
  const onClient = keysOf(client.items.values());
  if (onClient.join() !== keysOf(await world.contacts()).join())
    throw new Error(`without a fault both sides differ: ${edit?.name ?? "no edit"}`);
  return onClient;
}

const closestTo =
  (outcomes: readonly (readonly string[])[]): Compare =>
  (found) => {
    const differences = outcomes.map((each) => ({
      missing: without(each, found),
      extra: without(found, each),
    }));
    const weigh = ({ missing, extra }: Difference): number => missing.length + extra.length;
    return differences.sort((a, b) => weigh(a) - weigh(b))[0] ?? { missing: [], extra: found };
  };

const isWithin =
  (keeps: readonly string[], before: readonly string[]): Compare =>
  (found) => ({
    missing: without(keeps, found),
    extra: found.filter((key, at) => !before.includes(key) || found.indexOf(key) !== at),
  });

/** What is left of `all` when each of `some` has taken away one that is equal to it. */
function without(all: readonly string[], some: readonly string[]): readonly string[] {
  const rest = [...all];
  for (const each of some) {
    const at = rest.indexOf(each);
    if (at >= 0) rest.splice(at, 1);
  }
  return rest;
}
