/** Who wins where both sides changed the same item. */
export type ConflictPolicy = "server-wins" | "client-wins" | "newest" | "duplicate";

/** `both`: the card's version stays and the peer's becomes an item of its own. */
export type ConflictWinner = "card" | "peer" | "both";

/** When each side was last modified, as the items themselves say; undefined where one does not. */
export interface ConflictTimes {
  readonly cardMs?: number;
  readonly peerMs?: number;
}

/**
 * Applies a policy. `newest` keeps both where the items do not tell their age, or tell the same:
 * a copy too many can be deleted, a lost edit cannot be brought back.
 */
export function resolveConflict(policy: ConflictPolicy, times: ConflictTimes): ConflictWinner {
  switch (policy) {
    case "server-wins":
      return "card";
    case "client-wins":
      return "peer";
    case "duplicate":
      return "both";
    case "newest": {
      const { cardMs, peerMs } = times;
      if (cardMs === undefined || peerMs === undefined || cardMs === peerMs) return "both";
      return cardMs > peerMs ? "card" : "peer";
    }
  }
}
