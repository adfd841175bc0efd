import type { CardUnderSync } from "../support/card-under-sync.ts";
import { keysOf, type ReferenceSync } from "../support/reference-syncs.ts";
import type { Compare } from "./wanted.ts";

/** What a fault has done that it must not do. */
export interface Verdict {
  readonly isSlow: boolean;
  /** Items that are missing on a side. */
  readonly lost: readonly string[];
  /** Items that are there twice, conflict copies without a cause, and what is said again and again. */
  readonly doubled: readonly string[];
}

const SLOW = 201;
const RESUME = 225;
const TWO_WAY = 200;

/** One more sync, two where the first is a resume; then both sides are looked at. */
export async function judge(
  bench: CardUnderSync,
  { sync, isResume }: { readonly sync: ReferenceSync; readonly isResume: boolean },
  compare: Compare,
): Promise<Verdict> {
  const { client, world } = bench;
  const codes: number[] = [];
  if (isResume) codes.push((await client.sync(RESUME)).code);
  codes.push((await client.sync(TWO_WAY)).code);
  const sides = [keysOf(client.items.values()), keysOf(await world.contacts())];
  const [onClient = [], onCard = []] = sides;
  const again = (await client.sync(TWO_WAY)).received;
  const differences = sides.map(compare);
  return {
    isSlow: sync.staysFast && codes.includes(SLOW),
    lost: [
      ...differences.flatMap(({ missing }) => missing),
      ...(onClient.join() === onCard.join() ? [] : ["the sides are not equal"]),
    ],
    doubled: [...differences.flatMap(({ extra }) => extra), ...again],
  };
}
