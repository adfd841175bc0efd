import type { ContentLine } from "../content-line/content-line.ts";
import { escapeText } from "../content-line/escape.ts";
import { comparableText } from "../normal/canonical-line.ts";
import { isVolatile } from "../normal/volatile.ts";
import { derivedName } from "../vcard/derived-name.ts";
import { params30 } from "../vcard/from-vcard21.ts";
import { isEmptyLine, valueKey } from "./line-key.ts";
import { mergeSlot, projectLine, type Absence } from "./merge-slot.ts";
import { capFor, type PeerProfile } from "./peer-profile.ts";
import { slotOf } from "./slot.ts";
import { entryOf, grouped, type Block, type Entry } from "./tree.ts";

export interface MergeRules {
  readonly profile: PeerProfile;
  readonly absence: Absence;
  readonly isContact: boolean;
}

/** When a copy was made: true of the peer's copy alone. */
const STAMPS = new Set(["REV", "LAST-MODIFIED"]);

/** The lines of a block by slot; those of a contact with parameters as 3.0 has them. */
const bySlot = (block: Block, isContact: boolean): ReadonlyMap<string, readonly Entry[]> =>
  grouped(
    block.entries.map((entry) => {
      const { line } = entry;
      const params = isContact ? params30(line.params) : line.params;
      return [slotOf(line.name, block.name), { ...entry, line: { ...line, params } }] as const;
    }),
  );

/** Merges the lines of a block that both sides have: in the peer's order, then what it does not have, in ours. */
export function mergeLines(held: Block, incoming: Block, rules: MergeRules): readonly Entry[] {
  const ours = bySlot(held, rules.isContact);
  const theirs = bySlot(incoming, rules.isContact);
  const taken: Entry[] = [];
  const kept: Entry[] = [];
  for (const slot of new Set([...theirs.keys(), ...ours.keys()])) {
    const merged = mergeNamed(slot, ours.get(slot) ?? [], theirs.get(slot) ?? [], rules);
    taken.push(...(theirs.get(slot) ?? []).map((entry) => merged.taken.get(entry) ?? entry));
    kept.push(...merged.kept);
  }
  const lines = withGroups([...taken, ...kept], held, ours, theirs);
  return rules.isContact ? withName(lines, held, incoming, rules) : lines;
}

function mergeNamed(
  slot: string,
  held: readonly Entry[],
  incoming: readonly Entry[],
  { profile, absence, isContact }: MergeRules,
): ReturnType<typeof mergeSlot> {
  if (isVolatile(slot)) {
    const isKept = incoming.length === 0 && !STAMPS.has(slot);
    return { taken: new Map(), kept: isKept ? held : [] };
  }
  const cap = capFor(profile, slot);
  return mergeSlot({ held: saying(held, isContact), incoming, cap, isContact, absence });
}

const saying = (entries: readonly Entry[], isContact: boolean): readonly Entry[] =>
  entries.filter(({ line }) => !isEmptyLine(line, isContact));

const LABEL = "X-ABLABEL";

/**
 * A group is but a name that joins a line to its label. Where the peer has no labels and ours stay, lines of equal
 * value stay with them, and a group of the peer must not meet one of ours by chance.
 */
function withGroups(
  lines: readonly Entry[],
  held: Block,
  ours: ReadonlyMap<string, readonly Entry[]>,
  theirs: ReadonlyMap<string, readonly Entry[]>,
): readonly Entry[] {
  if (!ours.has(LABEL) || theirs.has(LABEL)) return lines;
  const groups = new Map<string, string | undefined>();
  for (const { line } of held.entries) groups.set(groupKey(line), line.group);
  return lines.map((entry) => {
    const group = groups.get(groupKey(entry.line));
    if (group === entry.line.group) return entry;
    const { group: _group, ...line } = entry.line;
    return entryOf(group === undefined ? line : { group, ...line });
  });
}

const groupKey = (line: ContentLine): string => `${slotOf(line.name)}:${valueKey(line, true)}`;

const isDerived = (entries: readonly Entry[], fn: Entry): boolean =>
  comparableText(fn.line.value) ===
  comparableText(escapeText(derivedName(entries.map(({ line }) => line))));

const named = (entries: readonly Entry[], name: string): Entry | undefined =>
  entries.find(({ line }) => line.name === name);

/** FN that was only made from N follows it, and FN that somebody wrote outlives a peer that makes its own. */
function withName(
  lines: readonly Entry[],
  held: Block,
  incoming: Block,
  { profile }: MergeRules,
): readonly Entry[] {
  const ours = named(held.entries, "FN");
  const theirs = named(incoming.entries, "FN");
  if (ours === undefined || capFor(profile, "FN") !== undefined) return lines;
  if (theirs !== undefined && !isDerived(incoming.entries, theirs)) return lines;
  const others = lines.filter(({ line }) => line.name !== "FN");
  const isRenamed = !hasSameName(held, lines);
  if (!isRenamed || (theirs === undefined && !isDerived(held.entries, ours)))
    return [ours, ...others];
  const value = escapeText(derivedName(others.map(({ line }) => line)));
  return [entryOf({ name: "FN", params: [], value }), ...others];
}

/** N after the merge, so that one that was only cut is the same. */
function hasSameName(held: Block, lines: readonly Entry[]): boolean {
  const [before, after] = [named(held.entries, "N"), named(lines, "N")];
  if (before === undefined || after === undefined) return before === after;
  return valueKey(before.line, true) === valueKey(after.line, true);
}

/** @returns the lines of a block that the peer keeps, as it keeps them */
export function projectLines(block: Block, { profile, isContact }: MergeRules): readonly Entry[] {
  const kept = new Set<Entry>();
  const projected = new Map<Entry, Entry>();
  for (const [slot, entries] of bySlot(block, isContact)) {
    const cap = capFor(profile, slot);
    if (isVolatile(slot)) for (const entry of entries) kept.add(entry);
    if (isVolatile(slot) || cap === undefined) continue;
    const fits = saying(entries, isContact).flatMap((entry) => {
      const line = projectLine(entry.line, cap);
      return line === undefined ? [] : [{ entry, line }];
    });
    for (const { entry, line } of fits.slice(0, cap.maxOccur)) {
      kept.add(entry);
      projected.set(entry, entryOf(line));
    }
  }
  return [...kept].map((entry) => projected.get(entry) ?? entry);
}
