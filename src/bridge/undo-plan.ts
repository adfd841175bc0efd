import type { RecordId } from "../../card/index.ts";

/** A record's content as it is compared: its fingerprint; `undefined` where the record does not exist. */
export type ContentHash = string | undefined;

/**
 * One write to the card that a sync decided, in the order of `seq`; it may have been cut short.
 * `recordId` is absent while nobody knows which record a creation made.
 */
export interface UndoChange {
  readonly recordId?: RecordId;
  readonly before: ContentHash;
  readonly after: ContentHash;
  /** The new record holds what this one held, which could not be revived. */
  readonly standsFor?: RecordId;
}

/** What is to be done with one record, and why. `key` is the record whose former content counts. */
export type UndoStep = {
  readonly recordId: RecordId;
  readonly key: RecordId;
  /** Somebody changed the record since that sync; done only with consent. */
  readonly isChangedSince: boolean;
} & (
  | { readonly type: "delete" }
  /** `before` is the fingerprint of the content that comes back. */
  | { readonly type: "replace" | "restore"; readonly before: string }
);

export interface UndoFacts {
  /** Of the sync that is undone. */
  readonly changes: readonly UndoChange[];
  /** Fingerprints of all records that live now. */
  readonly live: ReadonlyMap<RecordId, string>;
  /** Creations by earlier undos: which record stands for which. */
  readonly successors: ReadonlyMap<RecordId, RecordId>;
}

/** A record in one sync: what it was before, and every state in which the sync may have left it. */
interface Fate {
  readonly before: ContentHash;
  readonly afters: Set<ContentHash>;
}

/**
 * What brings the records that a sync changed back to what they were before it.
 * @returns a step for each record that is not as it was, by record; those changed since are marked, not left out
 */
export function planUndo(facts: UndoFacts): readonly UndoStep[] {
  const steps: UndoStep[] = [];
  for (const [key, fate] of fatesOf(facts.changes)) {
    const recordId = successorOf(key, facts.successors);
    const now = facts.live.get(recordId);
    if (now === fate.before) continue;
    const place = { recordId, key, isChangedSince: !fate.afters.has(now) };
    if (fate.before === undefined) steps.push({ ...place, type: "delete" });
    else {
      const type = now === undefined ? "restore" : "replace";
      steps.push({ ...place, type, before: fate.before });
    }
  }
  return steps.sort((a, b) => a.recordId - b.recordId);
}

function fatesOf(changes: readonly UndoChange[]): ReadonlyMap<RecordId, Fate> {
  const fates = new Map<RecordId, Fate>();
  for (const { recordId, before, after } of changes) {
    if (recordId === undefined) continue;
    const fate = fates.get(recordId) ?? { before, afters: new Set() };
    fates.set(recordId, fate);
    fate.afters.add(after);
  }
  return fates;
}

function successorOf(recordId: RecordId, successors: ReadonlyMap<RecordId, RecordId>): RecordId {
  const seen = new Set<RecordId>();
  let found = recordId;
  for (let next = successors.get(found); next !== undefined; next = successors.get(found)) {
    if (seen.has(next)) break;
    seen.add(next);
    found = next;
  }
  return found;
}

/** Where creations that were cut short are looked for. */
export interface OpenCreations {
  readonly changes: readonly UndoChange[];
  readonly live: ReadonlyMap<RecordId, string>;
  /** Records with numbers up to this one are older than the changes. */
  readonly newestBefore: number;
  /** Records that are known to be made by something else. */
  readonly taken: ReadonlySet<RecordId>;
}

/**
 * Finds which records creations made that were cut short before anybody knew: live, younger, of the same content.
 * @returns all changes; those that made nothing, as far as can be seen, are left out
 */
export function resolveCreations(open: OpenCreations): readonly UndoChange[] {
  const taken = new Set(open.taken);
  for (const { recordId } of open.changes) if (recordId !== undefined) taken.add(recordId);
  return open.changes.flatMap((change) => {
    if (change.recordId !== undefined) return [change];
    const recordId = youngerTwin(change.after, open, taken);
    if (recordId === undefined) return [];
    taken.add(recordId);
    return [{ ...change, recordId }];
  });
}

function youngerTwin(
  hash: ContentHash,
  { live, newestBefore }: OpenCreations,
  taken: ReadonlySet<RecordId>,
): RecordId | undefined {
  for (const [recordId, now] of live)
    if (now === hash && recordId > newestBefore && !taken.has(recordId)) return recordId;
  return undefined;
}
