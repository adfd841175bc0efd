import type { RecordId } from "../../card/index.ts";
import { heldByPeer, type MapRow, type SentOp } from "./map-row.ts";
import type { ChangedBy } from "./item-rules.ts";

/** One change that is to go to the peer. */
export interface PlannedChange {
  readonly op: SentOp;
  readonly recordId: RecordId;
}

/** A record in the card's list since the base. */
export interface ListedRecord {
  readonly recordId: RecordId;
  readonly changedBy: ChangedBy;
  readonly isDeleted: boolean;
  /** Absent for deleted and unreadable records. */
  readonly hash?: string;
}

export interface PlanFacts {
  readonly listed: readonly ListedRecord[];
  /** Rows with something unanswered, whether listed or not. */
  readonly unfinished: readonly MapRow[];
  readonly rowOf: (recordId: RecordId) => MapRow | undefined;
  /** Records about which the peer's own package has said the last word. */
  readonly settled: ReadonlySet<RecordId>;
  /** Records that the peer named in its package, settled or not. */
  readonly named: ReadonlySet<RecordId>;
  /** Records that are live though not listed: needed for what is sent again. */
  readonly isLive: (recordId: RecordId) => boolean;
  /** The peer proved to hold the previous generation only: what it was sent since then goes out again. */
  readonly isFromPrevious: boolean;
}

const ORDER: Record<SentOp, number> = { delete: 0, replace: 1, add: 2 };

/**
 * What goes to the peer in a fast sync: the card's list, less what the peer said itself, less what it holds already,
 * and what was sent before and not answered. Rules 2, 4 and 6 of architecture section 2.
 * @returns Deletes, then Replaces, then Adds; each record once
 */
export function planFast(facts: PlanFacts): readonly PlannedChange[] {
  const planned = new Map<RecordId, PlannedChange>();
  for (const record of facts.listed) {
    if (facts.settled.has(record.recordId)) continue;
    const op = opForListed(record, facts);
    if (op !== undefined) planned.set(record.recordId, { op, recordId: record.recordId });
  }
  const listed = new Set(facts.listed.map((record) => record.recordId));
  for (const row of facts.unfinished) {
    if (listed.has(row.recordId) || facts.settled.has(row.recordId)) continue;
    const op = opForUnfinished(row, facts);
    if (op !== undefined) planned.set(row.recordId, { op, recordId: row.recordId });
  }
  return inOrder([...planned.values()]);
}

export const inOrder = (changes: readonly PlannedChange[]): readonly PlannedChange[] =>
  [...changes].sort((a, b) => ORDER[a.op] - ORDER[b.op] || a.recordId - b.recordId);

function opForListed(record: ListedRecord, facts: PlanFacts): SentOp | undefined {
  const row = facts.rowOf(record.recordId);
  if (record.isDeleted) return opForTombstone(record, row, facts);
  if (record.hash === undefined) return undefined;
  if (record.changedBy === "peer" && facts.named.has(record.recordId)) return undefined;
  if (row === undefined || row.deletedGen !== undefined) return "add";
  // Rule 4: what the peer wrote, never got confirmed and does not repeat goes back to it, even though it should hold it.
  const isHeld = record.changedBy !== "peer" && heldByPeer(row) === record.hash;
  if (isHeld && !facts.isFromPrevious) return undefined;
  if (row.luid !== undefined) return "replace";
  return row.sentState === "idle" ? undefined : "add";
}

function opForTombstone(
  record: ListedRecord,
  row: MapRow | undefined,
  facts: PlanFacts,
): SentOp | undefined {
  if (row?.luid === undefined) return undefined;
  // Rule 4: a LUID that came in the peer's package may name another item now.
  if (record.changedBy === "peer" && facts.named.has(record.recordId)) return undefined;
  const isKnown = record.changedBy !== "peer" && row.deletedGen !== undefined;
  return isKnown && !facts.isFromPrevious ? undefined : "delete";
}

function opForUnfinished(row: MapRow, facts: PlanFacts): SentOp | undefined {
  if (row.sentState === "idle" || row.deletedGen !== undefined) return undefined;
  if (!facts.isLive(row.recordId)) return row.luid === undefined ? undefined : "delete";
  return row.luid === undefined ? "add" : "replace";
}
