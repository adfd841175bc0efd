import type { Guid, Luid, SyncId } from "../model/ids.ts";
import type { SyncType } from "../model/sync-type.ts";
import type { Acknowledgement, Instant, MapPair } from "./ports.ts";

/**
 * One of our datastores on its way to a server. Source: OMA DS 1.2, 6 (packages 1 to 6), seen from the client.
 * Order of calls for each sync: open, answered, prepare, nextChanges and acknowledge, apply, endOfServerChanges,
 * mapsToSend and mapsAcknowledged, finish; suspend or abandon at any time instead.
 */
export interface LocalOpenRequest {
  /** Our datastore's name, which is its Source LocURI. */
  readonly name: string;
  /** The server's, as it was set. */
  readonly remoteUri: string;
  /** What the operator asks for. */
  readonly syncType: SyncType;
}

/** `refused`: this datastore takes no part in the session. */
export type LocalOpenAnswer =
  | {
      readonly type: "opened";
      readonly syncId: SyncId;
      /** What to ask for: slow where nothing is held in common. */
      readonly syncType: SyncType;
      /** The sync that stopped is to be gone on with (Alert 225). */
      readonly isResume: boolean;
      readonly anchor: { readonly last?: string; readonly next: string };
    }
  | { readonly type: "refused"; readonly reason: string };

/** The server's Status of our Alert, and its own Alert. */
export interface ServerAnswer {
  /** 200, or 508 or 509 where the server chose another type. */
  readonly status: number;
  /** The type that the server's Alert names. */
  readonly syncType: SyncType;
  readonly anchor: { readonly last?: string; readonly next?: string };
}

/**
 * `go`: the sync is of the server's type. `again`: what this session named as `last` is not what the server holds, and
 * there is another one to be tried: the session ends before anything is exchanged, and the next one opens anew.
 * `refuse`: a guard stops it (Status 403 to the server's Alert).
 */
export type AnswerVerdict =
  | { readonly type: "go" }
  | { readonly type: "again" }
  | { readonly type: "refuse"; readonly reason: string };

/** One change for the server. `ref` names it in {@link Acknowledgement}; unique in one sync. */
export type LocalChange =
  | {
      readonly type: "add" | "replace";
      readonly ref: number;
      readonly luid: Luid;
      readonly mediaType: string;
      readonly content: Uint8Array;
    }
  | { readonly type: "delete"; readonly ref: number; readonly luid: Luid };

/** One change from the server, its chunks joined. */
export type ServerOperation =
  | {
      readonly type: "add";
      /** The server's name for the item: until it knows ours by a Map. */
      readonly guid: Guid;
      readonly mediaType?: string;
      readonly content: Uint8Array;
    }
  | {
      readonly type: "replace";
      readonly luid: Luid;
      readonly mediaType?: string;
      readonly content: Uint8Array;
    }
  | { readonly type: "delete"; readonly luid: Luid };

/** Our datastores, as a client session sees them. One object serves one run with one server, of one or more sessions. */
export interface LocalDatastores {
  open(request: LocalOpenRequest): Promise<LocalOpenAnswer>;
  /** Nothing is exchanged and nothing is wiped before this. */
  answered(syncId: SyncId, answer: ServerAnswer): Promise<AnswerVerdict>;
  /**
   * Called before the first message with our Sync leaves: from then on the server may come to hold `next`.
   * @returns the number of our changes (NumberOfChanges); undefined where the sync is lost
   */
  prepare(syncId: SyncId): Promise<number | undefined>;
  /** The next changes, at least one where any is left, about `maxBytes` of contents; fewer where the time is over. */
  nextChanges(
    syncId: SyncId,
    maxBytes: number,
    until: Instant,
  ): Promise<{ readonly changes: readonly LocalChange[]; readonly isDone: boolean }>;
  /** The server's Statuses of our changes. */
  acknowledge(syncId: SyncId, acknowledgements: readonly Acknowledgement[]): Promise<void>;
  /**
   * Works on the server's operations in order, until the time is over; all 510 where the sync is lost.
   * @returns a Status for each that was done, and our name of what was added
   */
  apply(
    syncId: SyncId,
    operations: readonly ServerOperation[],
    until: Instant,
  ): Promise<readonly { readonly status: number; readonly luid?: Luid }[]>;
  /** The server's changes are all in: what an earlier session left is settled. @returns false where the sync is lost */
  endOfServerChanges(syncId: SyncId): Promise<boolean>;
  /** Every Map that the server has not acknowledged, also of earlier sessions; those may go out before our Sync. */
  mapsToSend(syncId: SyncId): Promise<readonly MapPair[]>;
  mapsAcknowledged(syncId: SyncId, pairs: readonly MapPair[]): Promise<void>;
  /** The server has answered our last message of this sync. @returns false where it could not be committed */
  finish(syncId: SyncId): Promise<boolean>;
  /** Part of the run ends here and is gone on with later (Alert 224 was sent, or the connection broke). */
  suspend(syncId: SyncId, reason: string): Promise<void>;
  /** The sync did not succeed; nothing is committed. Harmless for a finished or lost sync. */
  abandon(syncId: SyncId, reason: string): Promise<void>;
  /** Makes durable what the answer that was just worked on changed; before the next message leaves. */
  save(): Promise<void>;
}
