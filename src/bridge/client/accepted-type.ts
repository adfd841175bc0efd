import type { SyncType } from "../../../syncml/index.ts";

/** What a server may make of a sync without being asked; a slow sync deletes nothing. */
const MAY_BECOME: Readonly<Record<SyncType, readonly SyncType[]>> = {
  twoWay: ["slow", "oneWayFromClient"],
  slow: [],
  oneWayFromClient: ["slow"],
  refreshFromClient: [],
  oneWayFromServer: ["slow"],
  refreshFromServer: [],
};

/** Those in which the card receives, so that a refresh from the server is the same with more force. */
const RECEIVES: ReadonlySet<SyncType> = new Set(["twoWay", "slow", "oneWayFromServer"]);

/**
 * Whether the server's Alert is followed. A refresh that was not asked for is not: it would wipe the card, or the server;
 * the first only where the peer's settings allow it.
 */
export function isAcceptable(
  asked: SyncType,
  answered: SyncType,
  { mayRefreshCard }: { readonly mayRefreshCard: boolean },
): boolean {
  if (answered === asked || MAY_BECOME[asked].includes(answered)) return true;
  return answered === "refreshFromServer" && mayRefreshCard && RECEIVES.has(asked);
}
