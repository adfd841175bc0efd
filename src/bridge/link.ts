import type { SyncObject } from "../../card/index.ts";

/** What one successful sync left on both sides: the card's object and the peer's own anchor, which is opaque text. */
export interface Generation {
  readonly object: SyncObject;
  readonly peerAnchor: string;
}

/**
 * How far a sync that is not committed has come:
 * - `preparing`: about to be made pending on the card, or current at once where nothing was exchanged;
 * - `prepared`: the card holds the object (as pending, or as current where it is the current one again);
 * - `received`: every change of the peer is applied and answered, ours have left;
 * - `committing`: all statuses and Maps are in, the card is about to commit.
 */
export type PendingPhase = "preparing" | "prepared" | "received" | "committing";

/** The generation that this sync started from; `none` for slow and refresh syncs. */
export type Base = "current" | "previous" | "none";

export interface Pending extends Generation {
  readonly phase: PendingPhase;
  readonly base: Base;
}

/** One link: (card, card database, user, peer device, peer's datastore). Source: shared design, architecture section 2. */
export interface Link {
  readonly id: number;
  readonly cardUuid: string;
  readonly database: number;
  readonly user: string;
  readonly device: string;
  readonly peerUri: string;
  /** Counts commits; the number of `current`. Map rows carry the number of the generation that made them. */
  readonly generation: number;
  readonly current?: Generation;
  readonly previous?: Generation;
  readonly pending?: Pending;
  /** Set where the next sync has to be slow, with the reason in words. */
  readonly needsSlow?: string;
  readonly lastSyncMs?: number;
}

/**
 * The link after its pending generation has been committed on the card.
 * A sync from `previous` leaves `previous` alone: that is what the peer has proved to hold. A slow or refresh sync has
 * none: nothing older is worth going back to.
 */
export function shiftGenerations(link: Link): Link {
  const { pending, current, previous, needsSlow: _flag, ...rest } = link;
  if (pending === undefined) return link;
  const kept =
    pending.base === "none" ? undefined : pending.base === "current" ? current : previous;
  return {
    ...rest,
    generation: link.generation + 1,
    current: { object: pending.object, peerAnchor: pending.peerAnchor },
    ...(kept === undefined ? {} : { previous: kept }),
  };
}

/** @returns the link with `pending` replaced, or removed where undefined */
export function withPending(link: Link, pending: Pending | undefined): Link {
  const { pending: _old, ...rest } = link;
  return pending === undefined ? rest : { ...rest, pending };
}
