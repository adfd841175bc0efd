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
  /** Fingerprints of the same two as the peer has them, where it cannot hold all that the card holds. */
  readonly receivedAs?: string;
  readonly sentAs?: string;
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
  [row.receivedHash, row.sentHash, row.receivedAs, row.sentAs].includes(hash);

/** An Add that the peer holds, under a number that it has not told. */
export const awaitsMap = (row: MapRow): boolean =>
  row.luid === undefined &&
  row.sentOp === "add" &&
  row.sentState === "idle" &&
  row.deletedGen === undefined;

/** A content by its fingerprint; `as`: that of what the peer has of it, where that is another. */
export interface ExchangedContent {
  readonly hash: string;
  readonly as?: string;
}

/** The row after the peer's own change with this content. */
export function afterReceived(row: MapRow, luid: Luid, content: ExchangedContent): MapRow {
  const { sentHash: _sent, sentAs: _sentAs, sentOp: _op, receivedAs: _as, ...others } = row;
  const { deletedGen: _deleted, ...rest } = others;
  const as = content.as === undefined ? {} : { receivedAs: content.as };
  return { ...rest, ...as, luid, receivedHash: content.hash, sentState: "idle" };
}

/** The row as a change of ours leaves for the peer. `content` is undefined for a Delete. */
export function afterSent(row: MapRow, op: SentOp, content: ExchangedContent | undefined): MapRow {
  if (content === undefined) return { ...row, sentOp: op, sentState: "sent" };
  const { sentAs: _as, ...rest } = row;
  const as = content.as === undefined ? {} : { sentAs: content.as };
  return { ...rest, ...as, sentOp: op, sentState: "sent", sentHash: content.hash };
}

/** The row of a record of which the peer can have more than it said: that goes out, now or in a later sync. */
export const afterEnriched = (row: MapRow): MapRow => ({
  ...row,
  sentOp: "replace",
  sentState: "failed",
});

/** The row after the peer has applied what was sent. */
export function afterAcknowledged(row: MapRow, generation: number): MapRow {
  if (row.sentOp === "delete") return { ...row, sentState: "idle", deletedGen: generation };
  const { receivedHash: _received, receivedAs: _as, ...rest } = row;
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
