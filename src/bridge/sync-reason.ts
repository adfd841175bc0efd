/** What is known of how a sync began. */
export interface SyncBeginning {
  /** `client` where we took the card to a server. */
  readonly role: string;
  readonly typeDone: string;
  /** The generation that it started from, as stored; undefined for syncs of earlier versions. */
  readonly base: string | undefined;
  readonly reason: string;
  /** `reason` tells how it began; else how it ended. */
  readonly isOver: boolean;
}

const FROM_BASE: Readonly<Record<string, string>> = {
  current:
    "Only changes were exchanged: the peer's last anchor is the one of our last sync with it, and the card still holds the object of that sync.",
  previous:
    "Only changes were exchanged, from one sync earlier: the peer's last anchor is the one before our last sync with it, so our last answer was lost or the peer was restored; the card still holds that sync's object.",
};

const AT_SERVER =
  "Only changes were exchanged: the server took the anchor of our last sync with it, and the card still holds the object of that sync.";

const COMPARED =
  "The peer's last anchor was compared with those of our last syncs with it, and the card's object for this peer with ours";
const COMPARED_AT_SERVER =
  "The card's object for this server was compared with ours, and the server compared our anchor with its own";

/** @returns a sentence that names what was compared, but no anchor and no object */
export function whyItsType(beginning: SyncBeginning): string {
  const { role, typeDone, base, reason, isOver } = beginning;
  if (typeDone === "undo") return "The owner undid an earlier sync.";
  const fromBase = base === undefined ? undefined : FROM_BASE[base];
  if (fromBase !== undefined) return role === "client" ? AT_SERVER : fromBase;
  const outcome = isOver && reason !== "" ? `: ${reason}` : "";
  const compared = role === "client" ? COMPARED_AT_SERVER : COMPARED;
  return typeDone === "slow"
    ? `Everything was compared. ${compared}${outcome}.`
    : `One side took the place of the other${outcome}.`;
}
