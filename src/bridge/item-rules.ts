import type { ConflictWinner } from "./conflict.ts";
import { isRepeat, type MapRow } from "./map-row.ts";
import { STATUS } from "./status-map.ts";

/**
 * Who changed a record since the sync's base:
 * - `nobody`: it is not in the card's list;
 * - `peer`: this peer, in a sync that was never committed;
 * - `others`: somebody else, and the peer has not seen it;
 * - `othersSeen`: somebody else, since the previous object but not since the current one: it was sent last time.
 */
export type ChangedBy = "nobody" | "peer" | "others" | "othersSeen";

/** What is known of the record behind a map row. */
export interface RecordState {
  readonly changedBy: ChangedBy;
  readonly isDeleted: boolean;
  /** Fingerprint and hashed strong key; undefined where the record was not looked at. */
  readonly hash?: string;
  readonly strongKey?: string;
}

export interface PutFacts {
  /** True for Add, false for Replace. */
  readonly isAdd: boolean;
  readonly hash: string;
  readonly strongKey: string;
  /** The record holds all that the peer says, and what the peer has no room for. */
  readonly isHeld?: boolean;
  /** The row of the item's LUID and its record; both or none. */
  readonly mapped?: { readonly row: MapRow; readonly record: RecordState };
  /** Fingerprints of unfinished intents for this LUID, but for those that surely led to no write. */
  readonly intentHashes: readonly string[];
  /** Number of the generation that this sync starts from. */
  readonly baseGeneration: number;
  /** Asked only where both sides changed the item. */
  readonly resolve: () => ConflictWinner;
}

/** What is to be done with an item of the peer, and the Status for it. */
export type ItemAction =
  | { readonly type: "create"; readonly status: number }
  /** The LUID names another item now; the old record is lost to the peer (sent again) or was deleted by it. */
  | {
      readonly type: "createForReusedLuid";
      readonly status: number;
      readonly old: "sendAgain" | "delete";
    }
  | { readonly type: "update" | "revive"; readonly status: number }
  | { readonly type: "delete"; readonly status: number }
  /** Nothing is written; `isSettled` where both sides hold the same now, so that nothing is sent either. */
  | { readonly type: "keep"; readonly status: number; readonly isSettled: boolean }
  /** The card's record stays and goes out; the peer's version becomes a copy of its own. */
  | { readonly type: "copy"; readonly status: number }
  /** The peer deleted what others have modified: the record lives and is added to the peer anew. */
  | { readonly type: "sendBack"; readonly status: number };

const keep = (status: number, isSettled: boolean): ItemAction => ({
  type: "keep",
  status,
  isSettled,
});

/** Decides about an Add or Replace in a fast sync: rules 2, 3, 5 and 6 of architecture section 2, in that order. */
export function decidePut(facts: PutFacts): ItemAction {
  const { mapped } = facts;
  if (mapped === undefined || mapped.row.deletedGen !== undefined)
    return { type: "create", status: STATUS.added };
  const { row, record } = mapped;
  if (facts.isAdd && isOtherItem(facts, row, record)) {
    const isYoung = row.createdGen > facts.baseGeneration;
    return {
      type: "createForReusedLuid",
      status: STATUS.added,
      old: isYoung ? "sendAgain" : "delete",
    };
  }
  if (!record.isDeleted && (record.hash === facts.hash || facts.isHeld === true))
    return keep(STATUS.ok, true);
  if (record.changedBy === "peer") return rewrite(record, STATUS.ok);
  if (isRepeatOf(facts, row, record)) return keep(STATUS.ok, false);
  if (record.isDeleted) return { type: "revive", status: STATUS.clientWon };
  if (!isConflict(row, record)) return rewrite(record, STATUS.ok);
  return ofWinner(facts.resolve());
}

/** Decides about a Delete in a fast sync. `mapped` is undefined for a LUID that was never heard of. */
export function decideDelete(mapped: PutFacts["mapped"]): ItemAction {
  if (mapped === undefined) return keep(STATUS.notDeleted, true);
  const { row, record } = mapped;
  if (row.deletedGen !== undefined || record.isDeleted) return keep(STATUS.ok, true);
  if (isConflict(row, record)) return { type: "sendBack", status: STATUS.serverWon };
  return { type: "delete", status: STATUS.ok };
}

const rewrite = (record: RecordState, status: number): ItemAction => ({
  type: record.isDeleted ? "revive" : "update",
  status,
});

function ofWinner(winner: ConflictWinner): ItemAction {
  switch (winner) {
    case "card":
      return keep(STATUS.serverWon, false);
    case "peer":
      return { type: "update", status: STATUS.clientWon };
    case "both":
      return { type: "copy", status: STATUS.duplicated };
  }
}

/** Rule 5: an Add under a known LUID that is neither a repeat nor the same person, event or note. */
function isOtherItem(facts: PutFacts, row: MapRow, record: RecordState): boolean {
  if (isRepeat(row, facts.hash) || record.hash === facts.hash || facts.isHeld === true)
    return false;
  return record.strongKey !== undefined && record.strongKey !== facts.strongKey;
}

/** Rule 2. An unfinished intent counts only on a record that others have changed since. */
function isRepeatOf(facts: PutFacts, row: MapRow, record: RecordState): boolean {
  return isRepeat(row, facts.hash) || (isOthers(record) && facts.intentHashes.includes(facts.hash));
}

/** Whether somebody but this peer changed the record last, since the base. */
export const isOthers = ({ changedBy }: RecordState): boolean =>
  changedBy === "others" || changedBy === "othersSeen";

/** Rule 3: no conflict where the peer has seen the record as it is now. */
const isConflict = (row: MapRow, record: RecordState): boolean =>
  record.changedBy === "others" && (record.hash === undefined || record.hash !== row.sentHash);
