import type { DatastoreName } from "../bridge/databases.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import type { ItemCounts } from "../bridge/sync-report.ts";
import type { Peer, PeerSyncType } from "./peer.ts";

/** A card's way to a peer, once. */
export interface PeerSyncRequest {
  readonly peer: Peer;
  readonly card: HeldCard;
  readonly type: PeerSyncType;
  /** Else an emptied side or a mass deletion stops it. */
  readonly mayMassDelete: boolean;
}

/**
 * `refused`: a guard stopped it, and only a person's consent lets it go on. `suspended`: it goes on where it stopped the
 * next time.
 */
export type PeerSyncOutcome = "ok" | "partial" | "failed" | "refused" | "suspended";

/** What came of one datastore. */
export interface DatastoreResult {
  readonly datastore: DatastoreName;
  /** As it was done: a server may have asked for another type. */
  readonly type: string;
  /** To the server. */
  readonly sent: ItemCounts;
  /** Onto the card. */
  readonly received: ItemCounts;
  readonly outcome: PeerSyncOutcome;
  /** A sentence; "" where there is nothing to say. */
  readonly reason: string;
}

/** What came of a sync. */
export interface PeerSyncResult {
  readonly datastores: readonly DatastoreResult[];
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Why no datastore could be synchronized; absent where any was. */
  readonly failure?: { readonly reason: string; readonly isTemporary: boolean };
}

/** How far a sync is. */
export interface PeerSyncProgress {
  readonly datastore: DatastoreName | undefined;
  readonly itemsSent: number;
  readonly itemsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Takes a card to a peer; a stop suspends it. Never throws for what the server or the network does. */
export type RunPeerSync = (
  request: PeerSyncRequest,
  run: {
    readonly signal?: AbortSignal;
    readonly progress?: (progress: PeerSyncProgress) => void;
  },
) => Promise<PeerSyncResult>;
