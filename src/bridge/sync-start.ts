import type { SyncObject } from "../../card/index.ts";
import type { SyncType } from "../../syncml/index.ts";
import { shiftGenerations, type Link } from "./link.ts";

/** The card's answer to START SYNC, as far as the decision needs it. */
export interface CardObjects {
  readonly current?: SyncObject;
  readonly previous?: SyncObject;
  readonly pending?: SyncObject;
}

export interface StartFacts {
  readonly asked: SyncType;
  /** The anchor that the client's Alert calls Last; undefined where it has none. */
  readonly last?: string;
  readonly link: Link;
  readonly card: CardObjects;
}

/**
 * `link` is the link after rolling it forward where the card had committed already. `commitPending`: the pending object
 * has to be committed on the card (and the link shifted) before anything else.
 */
export type StartDecision =
  | {
      readonly type: "fast";
      readonly base: "current" | "previous";
      readonly link: Link;
      readonly commitPending: boolean;
    }
  | {
      readonly type: "compareAll";
      readonly link: Link;
      readonly isAskedFor: boolean;
      readonly reason: string;
    };

const ASKED_FOR: Partial<Record<SyncType, string>> = {
  slow: "the peer asked for a slow sync",
  refreshFromClient: "the peer asked for a refresh from its side",
  refreshFromServer: "the peer asked for a refresh from the card",
};

/** Why a sync compares everything where the peer's Last is neither of the two that we know. */
export const UNKNOWN_ANCHOR = "the peer's anchor is not one that we know: it was reset or restored";

const NO_ANCHORS = new Set(["", "0", "00000000T000000Z"]);

/**
 * Decides where a sync starts from: the table of architecture section 2, server role, top down.
 * Pure: what has to be done before (a commit on the card, a changed link) is in the answer.
 */
export function decideStart(facts: StartFacts): StartDecision {
  const link = rollForward(facts.link, facts.card);
  const asked = ASKED_FOR[facts.asked];
  if (asked !== undefined) return { type: "compareAll", link, isAskedFor: true, reason: asked };
  const slow = (reason: string): StartDecision => ({
    type: "compareAll",
    link,
    isAskedFor: false,
    reason,
  });
  if (link.needsSlow !== undefined) return slow(link.needsSlow);
  if (link.current === undefined) return slow("first sync of these two sides");
  const { last } = facts;
  if (last === undefined || NO_ANCHORS.has(last))
    return slow("the peer has no anchor: it is new or was reset");
  if (facts.card.current === undefined)
    return slow("the card knows no earlier sync with this peer");
  if (facts.card.current !== link.current.object)
    return slow("the card was replaced, restored or synchronized elsewhere since the last sync");
  return fastOrSlow({ ...facts, link, last }, slow);
}

function fastOrSlow(
  facts: StartFacts & { readonly last: string },
  slow: (reason: string) => StartDecision,
): StartDecision {
  const { link, last, card } = facts;
  if (hasPeerFinished(link, last)) {
    if (!holdsPending(link, card)) return slow("the card has lost the sync that the peer finished");
    return { type: "fast", base: "current", link, commitPending: true };
  }
  if (isPreparedButGone(link, card))
    return slow("the card has lost a sync that was under way: it was restored");
  if (last === link.current?.peerAnchor)
    return { type: "fast", base: "current", link, commitPending: false };
  if (last === link.previous?.peerAnchor && holdsPrevious(link, card))
    return { type: "fast", base: "previous", link, commitPending: false };
  return slow(UNKNOWN_ANCHOR);
}

/** We died between the card's commit and our own. Not where both objects are one: then the card cannot tell. */
function rollForward(link: Link, card: CardObjects): Link {
  const pending = link.pending?.object;
  if (pending === undefined || pending === link.current?.object) return link;
  return card.current === pending ? shiftGenerations(link) : link;
}

const hasPeerFinished = (link: Link, last: string): boolean =>
  link.pending?.peerAnchor === last &&
  link.current?.peerAnchor !== last &&
  (link.pending.phase === "received" || link.pending.phase === "committing");

const holdsPending = (link: Link, card: CardObjects): boolean =>
  link.pending !== undefined &&
  (card.pending === link.pending.object || card.current === link.pending.object);

const isPreparedButGone = (link: Link, card: CardObjects): boolean =>
  link.pending !== undefined && link.pending.phase !== "preparing" && !holdsPending(link, card);

/** As its previous object, or as its current one where both are one (after a one-way sync from the peer). */
const holdsPrevious = (link: Link, card: CardObjects): boolean =>
  link.previous !== undefined &&
  (card.previous === link.previous.object || card.current === link.previous.object);
