import type { ContentLine } from "../content-line/content-line.ts";
import { LIMITS } from "../limits.ts";
import { cutValue, isCut, isTooLong, isUnfit } from "./cut-value.ts";
import { isEmptyLine, valueKey, wholeKey } from "./line-key.ts";
import { keptParams, mergeParams } from "./merge-params.ts";
import type { PropertyCap } from "./peer-profile.ts";
import { entryOf, grouped, type Entry } from "./tree.ts";

/**
 * What it means that the peer does not send what it could: `deleted` where it sends a whole item that it knew before,
 * `kept` where nothing tells that it ever had it.
 */
export type Absence = "deleted" | "kept";

/** The lines of one slot on both sides, of ours those that say something. `cap` is undefined for a property that the peer does not say it keeps. */
export interface Slot {
  readonly held: readonly Entry[];
  readonly incoming: readonly Entry[];
  readonly cap: PropertyCap | undefined;
  readonly isContact: boolean;
  readonly absence: Absence;
}

/** `taken` stands where the incoming line stood; `kept` is what the incoming item does not have. */
export interface MergedSlot {
  readonly taken: ReadonlyMap<Entry, Entry>;
  readonly kept: readonly Entry[];
}

const UNKNOWN: PropertyCap = { noTruncate: false, params: new Map() };

/** @returns what the peer keeps of a line of a property that it keeps; undefined for nothing */
export function projectLine(line: ContentLine, cap: PropertyCap): ContentLine | undefined {
  if (isUnfit(line, cap)) return undefined;
  const params = keptParams(line, cap);
  if (cap.maxSize === undefined || !isTooLong(line, cap)) return { ...line, params };
  return { ...line, params, value: cutValue(line, cap.maxSize) };
}

/** Merges the lines of one slot. */
export function mergeSlot(slot: Slot): MergedSlot {
  if (slot.incoming.length === 0 && (slot.cap === undefined || slot.absence === "kept"))
    return { taken: new Map(), kept: slot.held };
  const pairs = pairLines(slot);
  const taken = new Map([...pairs].map(([theirs, { entry }]) => [theirs, entry]));
  return { taken, kept: withoutDeleted(slot, pairs) };
}

type Pairs = ReadonlyMap<Entry, { readonly held: Entry; readonly entry: Entry }>;

/** A way to know a line of ours again, and what becomes of it. */
interface Test {
  /** Lines that are known again have equal keys. */
  readonly ours: (line: ContentLine) => string | undefined;
  readonly theirs: (line: ContentLine) => string;
  readonly join: (held: Entry, incoming: Entry) => Entry;
}

/** As the peer would give it back: unchanged. Else of equal value. */
function testsOf({ cap = UNKNOWN, isContact }: Slot): readonly Test[] {
  const theirs = (line: ContentLine): string => wholeKey(line, isContact);
  return [
    {
      ours: (line): string | undefined => {
        const kept = projectLine(line, cap);
        return kept === undefined ? undefined : theirs(kept);
      },
      theirs,
      join: (held) => held,
    },
    {
      ours: (line) => valueKey(line, isContact),
      theirs: (line) => valueKey(line, isContact),
      join: (held, incoming) =>
        entryOf({ ...incoming.line, params: mergeParams(held.line, incoming.line, cap) }),
    },
  ];
}

function pairLines(slot: Slot): Pairs {
  const pairs = new Map<Entry, { held: Entry; entry: Entry }>();
  const free = new Set(slot.held);
  const pair = (held: Entry, theirs: Entry, entry: Entry): void => {
    free.delete(held);
    pairs.set(theirs, { held, entry });
  };
  for (const test of testsOf(slot)) {
    const byKey = grouped([...free].map((held) => [test.ours(held.line), held] as const));
    for (const theirs of slot.incoming) {
      if (pairs.has(theirs) || isEmptyLine(theirs.line, slot.isContact)) continue;
      const held = byKey.get(test.theirs(theirs.line))?.shift();
      if (held !== undefined) pair(held, theirs, test.join(held, theirs));
    }
  }
  for (const [held, theirs] of cutPairs(slot, free, pairs))
    pair(held, theirs, joinCut(held, theirs, slot.cap ?? UNKNOWN));
  return pairs;
}

/** What the peer cut, among the lines that are left. Of absurdly many none is looked at: each is compared with each. */
function cutPairs(
  { incoming, cap, isContact }: Slot,
  free: ReadonlySet<Entry>,
  pairs: Pairs,
): readonly (readonly [Entry, Entry])[] {
  const long = new Set([...free].filter(({ line }) => isTooLong(line, cap)));
  const short = incoming.filter(
    (entry) => !pairs.has(entry) && !isEmptyLine(entry.line, isContact),
  );
  if (long.size * short.length > LIMITS.cutComparisons) return [];
  return short.flatMap((theirs) => {
    const held = [...long].find(({ line }) => isCut(line, theirs.line, cap));
    if (held === undefined) return [];
    long.delete(held);
    return [[held, theirs] as const];
  });
}

const joinCut = (held: Entry, { line }: Entry, cap: PropertyCap): Entry =>
  entryOf({ ...line, value: held.line.value, params: mergeParams(held.line, line, cap) });

/**
 * The lines of ours that the incoming item does not have and that stay: those that the peer had no room for. Which of
 * several it had can only be counted.
 */
function withoutDeleted(
  { held, incoming, cap, absence, isContact }: Slot,
  pairs: Pairs,
): readonly Entry[] {
  const spoken = incoming.filter(({ line }) => !isEmptyLine(line, isContact));
  if (incoming.length > 0 && spoken.length === 0) return [];
  const matched = new Set([...pairs.values()].map((pair) => pair.held));
  const isFit = new Map(held.map((entry) => [entry, !isUnfit(entry.line, cap)]));
  const fits = held.filter((entry) => isFit.get(entry));
  const had = Math.min(fits.length, cap?.maxOccur ?? Infinity);
  const missing = Math.max(0, had - matched.size);
  const added = spoken.length - pairs.size;
  const gone = absence === "kept" ? Math.min(missing, added) : missing;
  const isFree = (entry: Entry): boolean => !matched.has(entry);
  // What the peer could not keep gives way to what it has instead.
  const unfit = held.filter((entry) => isFree(entry) && !isFit.get(entry));
  const dropped = new Set([
    ...fits.filter(isFree).slice(0, gone),
    ...unfit.slice(0, Math.max(0, added - gone)),
  ]);
  return held.filter((entry) => isFree(entry) && !dropped.has(entry));
}
