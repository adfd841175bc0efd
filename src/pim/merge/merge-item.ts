import { paramValue } from "../content-line/content-line.ts";
import { foldLines } from "../content-line/fold.ts";
import { fingerprint } from "../fingerprint.ts";
import type { PimItem } from "../item.ts";
import { dateValues } from "../normal/date-value.ts";
import { textLines } from "../parse-text.ts";
import { mergeLines, projectLines, type MergeRules } from "./merge-lines.ts";
import type { Absence } from "./merge-slot.ts";
import { capFor, type PeerProfile } from "./peer-profile.ts";
import { grouped, readTree, writeTree, type Block } from "./tree.ts";

/** What the card holds (or what this peer was last known to hold), and what the peer says now. */
export interface MergeRequest {
  readonly held: PimItem;
  readonly incoming: PimItem;
  readonly profile: PeerProfile;
  readonly absence: Absence;
}

/**
 * What is to be kept of an item that a peer sends which cannot hold all of it: its own word on what it can hold, ours
 * on the rest. Exceptions of a recurrence, alarms and time zones are merged one by one.
 * @returns `held` itself where the peer says nothing new, `incoming` where either cannot be read as one whole block
 */
export function mergeItem({ held, incoming, profile, absence }: MergeRequest): PimItem {
  if (held.kind !== incoming.kind) return incoming;
  const ours = readTree(textLines(held));
  const theirs = readTree(textLines(incoming));
  if (ours === undefined || theirs === undefined) return incoming;
  if (ours.root.name !== theirs.root.name) return incoming;
  const rules: MergeRules = { profile, absence, isContact: held.kind === "contact" };
  const root = mergeBlock(ours.root, theirs.root, rules);
  const badLines = [...new Set([...theirs.badLines, ...ours.badLines])];
  const text = foldLines(writeTree({ root, badLines }));
  const merged: PimItem = { kind: held.kind, text };
  return fingerprint(merged) === fingerprint(held) ? held : merged;
}

/** @returns what a peer keeps of an item, as far as it has told; the item itself where it cannot be read */
export function projectItem(item: PimItem, profile: PeerProfile): PimItem {
  const tree = readTree(textLines(item));
  if (tree === undefined) return item;
  const rules: MergeRules = { profile, absence: "deleted", isContact: item.kind === "contact" };
  const root = projectBlock(tree.root, rules);
  return { kind: item.kind, text: foldLines(writeTree({ root, badLines: [] })) };
}

/** Blocks that are the same one on both sides have the same key: the exceptions of a recurrence are told by their date. */
function keyOf({ name, entries }: Block): string {
  const by = name === "VALARM" ? "TRIGGER" : name === "VTIMEZONE" ? "TZID" : "RECURRENCE-ID";
  const line = entries.find((entry) => entry.line.name === by)?.line;
  return `${name} ${line === undefined ? "" : dateValues(line).join(",")}`;
}

const isException = ({ entries }: Block): boolean =>
  entries.some(({ line }) => line.name === "RECURRENCE-ID");

/** @returns whether a peer can hold this block inside another; the event itself is nothing that it could leave out */
function canHold(block: Block, { profile }: MergeRules): boolean {
  if (isException(block)) return capFor(profile, "RECURRENCE-ID") !== undefined;
  if (block.name !== "VALARM") return false;
  return profile.components?.has("VALARM") ?? capFor(profile, "TRIGGER") !== undefined;
}

function mergeBlock(held: Block, incoming: Block, rules: MergeRules): Block {
  if (held.name === "VTIMEZONE") return incoming;
  const byKey = grouped(held.blocks.map((block) => [keyOf(block), block] as const));
  const merged = incoming.blocks.map((theirs) => {
    const ours = byKey.get(keyOf(theirs))?.shift();
    return ours === undefined ? theirs : mergeBlock(ours, theirs, rules);
  });
  const entries = mergeLines(held, incoming, rules);
  const free = [...byKey.values()].flat();
  const added = incoming.blocks.length - (held.blocks.length - free.length);
  const kept = keptBlocks(free, added, incoming, rules);
  return { name: incoming.name, entries, blocks: withZones(merged, kept) };
}

/** Of blocks that only we have: those that the peer cannot hold. An alarm that it changed is one less and one more. */
function keptBlocks(
  free: readonly Block[],
  added: number,
  incoming: Block,
  rules: MergeRules,
): readonly Block[] {
  let replaced = added;
  const hasAlarms = incoming.blocks.some(({ name }) => name === "VALARM");
  return free.filter((block) => {
    const isAssigned = block.name === "VALARM" && hasAlarms;
    if (!canHold(block, rules) && !isAssigned) return true;
    if (rules.absence === "deleted") return false;
    return isException(block) || replaced-- <= 0;
  });
}

/** A zone stays as long as somebody names it. */
function withZones(merged: readonly Block[], kept: readonly Block[]): readonly Block[] {
  const others = [...merged, ...kept.filter(({ name }) => name !== "VTIMEZONE")];
  const used = new Set(others.flatMap(zonesIn));
  const zones = kept.filter(
    ({ name, entries }) =>
      name === "VTIMEZONE" &&
      entries.some(({ line }) => line.name === "TZID" && used.has(line.value)),
  );
  return [...zones, ...others];
}

const zonesIn = (block: Block): readonly string[] => [
  ...block.entries.flatMap(({ line }) => paramValue(line, "TZID") ?? []),
  ...block.blocks.flatMap(zonesIn),
];

const projectBlock = (block: Block, rules: MergeRules): Block =>
  block.name === "VTIMEZONE"
    ? block
    : {
        name: block.name,
        entries: projectLines(block, rules),
        blocks: block.blocks
          .filter((inner) => canHold(inner, rules) || !isPart(inner))
          .map((inner) => projectBlock(inner, rules)),
      };

/** What a peer may leave out of an item. */
const isPart = (block: Block): boolean => block.name === "VALARM" || isException(block);
