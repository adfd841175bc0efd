import type { RecordId } from "../../card/index.ts";
import type { Luid } from "../../syncml/index.ts";
import { STATUS } from "./status-map.ts";

/** What was done with an item, in the words of `history show`. */
export type ItemDone =
  | "added"
  | "replaced"
  | "deleted"
  | "revived"
  | "conflict copy"
  | "merged"
  | "matched"
  | "repeat recognised"
  | "card's version kept"
  | "was not there"
  | "nothing to do"
  | "refused"
  | "sent"
  | "acknowledged"
  | "mapped"
  | "not acknowledged"
  | "restored"
  | "changed since, left alone"
  | "no room on the card"
  | "content not kept";

/** One line of a sync's story. `peer`: it came from the other side; `card`: it went there; `owner`: an undo did it. */
export interface ItemEvent {
  readonly side: "peer" | "card" | "owner";
  readonly asked: "add" | "replace" | "delete" | "refresh" | "undo";
  readonly done: ItemDone;
  readonly status?: number;
  readonly luid?: Luid;
  readonly recordId?: RecordId;
  /** One line of the item's content: sealed at rest. */
  readonly title?: string;
}

/** A write to the card, as it was done. `hash` is absent for a deletion. */
export interface CardWrite {
  readonly type: "create" | "update" | "revive" | "delete" | "copy";
  readonly recordId: RecordId;
  readonly hash?: string;
}

const OF_WRITE: Readonly<Record<CardWrite["type"], ItemDone>> = {
  create: "added",
  update: "replaced",
  revive: "revived",
  delete: "deleted",
  copy: "conflict copy",
};

/** "Conflict resolved with merge". Source: SyncML RepPro, "Response Status Codes". */
const MERGED = 207;
const FIRST_FAILURE = 400;

/**
 * @param write the last one that the item led to; undefined where it led to none
 * @param comparesAll the sync matches by content
 */
export function doneWithReceived(
  asked: "put" | "delete",
  status: number,
  write: CardWrite | undefined,
  comparesAll: boolean,
): ItemDone {
  if (write !== undefined) return status === MERGED ? "merged" : OF_WRITE[write.type];
  if (status === STATUS.serverWon) return "card's version kept";
  if (status >= FIRST_FAILURE) return "refused";
  if (status === STATUS.notDeleted) return "was not there";
  if (asked === "delete") return "nothing to do";
  return comparesAll ? "matched" : "repeat recognised";
}

/** @param status the peer's answer to an item that was sent */
export function doneWithSent(asked: "add" | "replace" | "delete", status: number): ItemDone {
  const isDone = status >= 200 && status < 300;
  const isHeld = HELD.has(status) || (asked === "delete" && GONE.has(status));
  return isDone || isHeld ? "acknowledged" : "not acknowledged";
}

/** The peer holds the item already, or settled a conflict. */
const HELD: ReadonlySet<number> = new Set([418, 419]);
const GONE: ReadonlySet<number> = new Set([404, 410]);
