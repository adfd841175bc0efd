import type { RecordId } from "../../card/index.ts";
import type { Luid } from "../../syncml/index.ts";

/** What was last sent to the peer for a record. */
export type SentOp = "add" | "replace" | "delete";

/**
 * - `idle`: nothing is owed (an Add without `luid` awaits its Map);
 * - `sent`: it left and has no Status yet;
 * - `failed`: the peer refused it, or it has to be sent again for another reason.
 */
export type SentState = "idle" | "sent" | "failed";

/** One record of the card as one peer knows it. */
export interface MapRow {
  readonly recordId: RecordId;
  /** Absent while the Map of an Add is awaited. */
  readonly luid?: Luid;
  /** Fingerprint last received, until the peer acknowledges newer content of ours. */
  readonly receivedHash?: string;
  /** Fingerprint last sent, until the peer edits. */
  readonly sentHash?: string;
  readonly sentOp?: SentOp;
  readonly sentState: SentState;
  /** Number of the generation whose sync made the row. */
  readonly createdGen: number;
  /** Set once both sides have deleted the item; the row stays for one generation. */
  readonly deletedGen?: number;
}

/** @returns what the peer surely holds: undefined while something sent is unanswered */
export function heldByPeer(row: MapRow): string | undefined {
  if (row.sentState !== "idle") return undefined;
  return row.sentHash ?? row.receivedHash;
}

/** An item that the peer sends again without having edited it. */
export const isRepeat = (row: MapRow, hash: string): boolean =>
  hash === row.receivedHash || hash === row.sentHash;

/** An Add that the peer holds, under a number that it has not told. */
export const awaitsMap = (row: MapRow): boolean =>
  row.luid === undefined &&
  row.sentOp === "add" &&
  row.sentState === "idle" &&
  row.deletedGen === undefined;

/** The row after the peer's own change with this content. */
export function afterReceived(row: MapRow, luid: Luid, hash: string): MapRow {
  const { sentHash: _sent, sentOp: _op, deletedGen: _deleted, ...rest } = row;
  return { ...rest, luid, receivedHash: hash, sentState: "idle" };
}

/** The row as a change of ours leaves for the peer. `hash` is undefined for a Delete. */
export function afterSent(row: MapRow, op: SentOp, hash: string | undefined): MapRow {
  return {
    ...row,
    sentOp: op,
    sentState: "sent",
    ...(hash === undefined ? {} : { sentHash: hash }),
  };
}

/** The row after the peer has applied what was sent. */
export function afterAcknowledged(row: MapRow, generation: number): MapRow {
  if (row.sentOp === "delete") return { ...row, sentState: "idle", deletedGen: generation };
  const { receivedHash: _received, ...rest } = row;
  return { ...rest, sentState: "idle" };
}

/** The row of an item that the peer does not have after all: the next sync adds it. */
export function afterUnmapped(row: MapRow): MapRow {
  return { recordId: row.recordId, sentOp: "add", sentState: "failed", createdGen: row.createdGen };
}

/**
 * The row of a record that was deleted while its Add had no Status: it waits one generation, without a number, in case
 * the peer tells one after all.
 */
export function afterDeletedUnmapped(row: MapRow, generation: number): MapRow {
  return { ...row, sentOp: "delete", sentState: "idle", deletedGen: generation };
}

/** The row after the peer's Map. What was deleted meanwhile is to be deleted at the peer too. */
export function afterMapped(row: MapRow, luid: Luid): MapRow {
  if (row.luid === undefined && row.deletedGen !== undefined) {
    const { deletedGen: _gen, ...rest } = row;
    return { ...rest, luid, sentState: "failed" };
  }
  return { ...row, luid, sentState: row.sentOp === "add" ? "idle" : row.sentState };
}
