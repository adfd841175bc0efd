import type { SyncObject } from "../../../card/index.ts";
import type { SyncType } from "../../../syncml/index.ts";
import { shiftGenerations, withPending, type Link } from "../link.ts";
import type { CardObjects } from "../sync-start.ts";

export interface ClientStartFacts {
  readonly asked: SyncType;
  readonly link: Link;
  readonly card: CardObjects & { readonly proposed: SyncObject };
}

/** The object that an attempt says both sides hold; `none`: everything is compared or replaced. */
export type AttemptBase = "pending" | "current" | "none";

/** One way to open the sync: what the Alert says. */
export interface Attempt {
  readonly base: AttemptBase;
  readonly last?: SyncObject;
  readonly next: SyncObject;
}

export interface ClientStart {
  /** The link as it is where the card has committed already, or was synchronized elsewhere since. */
  readonly link: Link;
  /** In this order: where the server refuses one (508) that is not the last, its session is given up and the next is tried. */
  readonly attempts: readonly [Attempt, ...Attempt[]];
  /** Whether intents and Maps of this bridge tell of the card as it is. */
  readonly isMemoryTrusted: boolean;
  /** Why everything is compared; empty for a fast sync. */
  readonly reason: string;
}

const ASKED_FOR: Partial<Record<SyncType, string>> = {
  slow: "a slow sync was asked for",
  refreshFromClient: "a refresh of the server was asked for",
  refreshFromServer: "a refresh of the card was asked for",
};

/**
 * Decides what to tell the server: architecture section 2, client role. The card alone is enough for a fast sync; the
 * link says only how far a sync came that was cut short here.
 */
export function decideClientStart(facts: ClientStartFacts): ClientStart {
  const { card } = facts;
  const link = follow(facts.link, card);
  const isMemoryTrusted = link.current?.object === card.current;
  const start = (attempts: ClientStart["attempts"], reason: string): ClientStart => ({
    link,
    attempts,
    isMemoryTrusted,
    reason,
  });
  const all: Attempt = { base: "none", next: card.proposed };
  const asked = ASKED_FOR[facts.asked];
  if (asked !== undefined) return start([all], asked);
  if (isMemoryTrusted && link.needsSlow !== undefined) return start([all], link.needsSlow);
  const [first, ...more] = fastAttempts(facts, link);
  if (first === undefined) return start([all], "first sync of these two sides");
  return start([first, ...more], "");
}

/** We died between the card's commit and our own; or another bridge has taken the card on, and what we knew is history. */
function follow(link: Link, { current, pending }: CardObjects): Link {
  if (
    link.pending !== undefined &&
    link.pending.object === current &&
    current !== link.current?.object
  )
    return shiftGenerations(link);
  return link.pending === undefined || link.pending.object === pending
    ? link
    : withPending(link, undefined);
}

/**
 * The pending object comes first only where the server's whole package 4 is known to have been applied: a server that
 * keeps its own pending generation takes the object's name for the proof of that. Else the server holds the current one,
 * or had nothing to send and holds both.
 */
function fastAttempts({ asked, card }: ClientStartFacts, link: Link): readonly Attempt[] {
  const attempt = (base: AttemptBase, last: SyncObject | undefined): readonly Attempt[] => {
    if (last === undefined) return [];
    return [{ base, last, next: asked === "oneWayFromServer" ? last : card.proposed }];
  };
  const pending = attempt("pending", card.pending);
  const current = attempt("current", card.current);
  if (hasReceivedAll(link)) return [...pending, ...current];
  return current.length === 0 ? [] : [...current, ...pending];
}

const hasReceivedAll = ({ pending }: Link): boolean =>
  pending?.phase === "received" || pending?.phase === "committing";
