import type { AuthScheme } from "../auth/schemes.ts";
import type { ContentType, CtCap, DevInf } from "../model/dev-inf.ts";
import type { Guid, Luid, SessionToken, SyncId } from "../model/ids.ts";
import type { SyncmlVersion } from "../model/message.ts";
import type { PeerTraits } from "../model/peer-traits.ts";
import type { SyncType } from "../model/sync-type.ts";

/** Milliseconds since 1970. */
export type Instant = number;

/** What the peer asks of one datastore in its package 1. */
export interface OpenRequest {
  readonly session: SessionToken;
  readonly user: string;
  /** The path segment behind `/syncml/`, where the URL names a card; decoded. */
  readonly cardLabel?: string;
  readonly deviceId: string;
  readonly version: SyncmlVersion;
  /** The Alert's Target LocURI, exactly as the peer wrote it. */
  readonly uri: string;
  /** The Alert's Source LocURI: the peer's own datastore. */
  readonly peerUri: string;
  /** What the peer asks for. */
  readonly syncType: SyncType;
  readonly anchor: { readonly last?: string; readonly next?: string };
  /** The peer's DevInf, from this session or an earlier one: what of it is to be believed. */
  readonly devInf?: DevInf;
  readonly traits: PeerTraits;
}

/**
 * `opened`: Status 200 (508 where `isRefreshRequired`, else 509 to a resume that starts over) and an Alert of `syncType` with our anchors;
 * `last` is absent where nothing is held in common. `refused`: only the Status.
 */
export type OpenAnswer =
  OpenedSync | { readonly type: "refused"; readonly status: 403 | 404 | 406 | 417 | 510 };

export interface OpenedSync {
  readonly type: "opened";
  readonly syncId: SyncId;
  readonly syncType: SyncType;
  readonly isRefreshRequired: boolean;
  readonly anchor: { readonly last?: string; readonly next: string };
}

/** One change from the peer. `content` is whole (chunks joined, Format b64 undone), UTF-8 unless the item says otherwise. */
export type ItemOperation =
  | {
      readonly type: "add" | "replace";
      readonly luid: Luid;
      readonly mediaType?: string;
      readonly content: Uint8Array;
      /** True for a Replace that has only the fields that changed. */
      readonly isFieldLevel?: boolean;
    }
  | { readonly type: "delete"; readonly luid: Luid };

/** One change for the peer. `ref` names it in {@link Acknowledgement}; unique in one sync. */
export type OutgoingChange =
  | {
      readonly type: "add";
      readonly ref: number;
      readonly guid: Guid;
      readonly mediaType: string;
      readonly content: Uint8Array;
    }
  | {
      readonly type: "replace";
      readonly ref: number;
      readonly luid: Luid;
      readonly mediaType: string;
      readonly content: Uint8Array;
    }
  | { readonly type: "delete"; readonly ref: number; readonly luid: Luid };

export interface Acknowledgement {
  readonly ref: number;
  /** The peer's status code for that item. */
  readonly status: number;
}

export interface MapPair {
  readonly guid: Guid;
  readonly luid: Luid;
}

/** `late`: there was no time to plan; to be called again. */
export type EndOfChanges =
  | { readonly type: "planned"; readonly count: number }
  | { readonly type: "late" }
  | { readonly type: "lost" };

export interface NextChanges {
  readonly changes: readonly OutgoingChange[];
  readonly isDone: boolean;
  /** There was no time for more: the message is to leave as it is. */
  readonly isLate: boolean;
}

/**
 * Datastores of one service, as the sessions see them. A sync lives in the datastore's memory: after a restart of the
 * service every call for it answers `lost` by throwing nothing and returning 510 (see each method).
 * What a method changes becomes durable with the next {@link SessionStore.save} of that session, before the answer leaves.
 */
export interface Datastores {
  /** What this user's DevInf lists. */
  describe(user: string, cardLabel?: string): Promise<readonly DatastoreDescription[]>;
  open(request: OpenRequest, signal?: AbortSignal): Promise<OpenAnswer>;
  /**
   * Goes on with a sync of an earlier session of this peer, under a new id; what it was sent and has not answered is
   * among {@link nextChanges} again. `request.anchor.next` counts from now on.
   * @returns undefined where that sync is over or lost, or is not the one that this peer means
   */
  resume(syncId: SyncId, request: OpenRequest): Promise<OpenedSync | undefined>;
  /** The peer means to come back for the sync; until then it gives way to any other. */
  suspend(syncId: SyncId): void;
  /** The peer answered 508 to our Alert: the sync becomes a slow one. @returns false where the sync is lost. */
  makeSlow(syncId: SyncId): Promise<boolean>;
  /**
   * Works on the operations in order, until the time is over.
   * @returns one status for each that was done; all 510 where the sync is lost
   */
  apply(
    syncId: SyncId,
    operations: readonly ItemOperation[],
    until: Instant,
  ): Promise<readonly number[]>;
  /** @returns one status for the whole Map command. */
  map(syncId: SyncId, pairs: readonly MapPair[]): Promise<number>;
  /** The peer's changes are all in; ours are planned. @returns their number */
  endOfChanges(syncId: SyncId, until: Instant): Promise<EndOfChanges>;
  /** The next changes, at least one where any is left, about `maxBytes` of contents; fewer where the time is over. */
  nextChanges(syncId: SyncId, maxBytes: number, until: Instant): Promise<NextChanges>;
  /** Called before the message with the last of our changes leaves. @returns true where nothing is awaited and the sync is committed. */
  changesLeave(syncId: SyncId): Promise<boolean>;
  acknowledge(syncId: SyncId, acknowledgements: readonly Acknowledgement[]): Promise<void>;
  /** All statuses and Maps are in. Harmless where {@link changesLeave} has committed already. @returns false where it could not be committed. */
  finish(syncId: SyncId): Promise<boolean>;
  /** The sync did not succeed; nothing is committed. Harmless for a finished or lost sync. */
  abandon(syncId: SyncId, reason: string): Promise<void>;
}

export interface DatastoreDescription {
  /** As a peer would write it, without `./`. */
  readonly uri: string;
  /** Whether a peer that writes `uri` means this datastore; absent where only its own name does. */
  readonly isNamed?: (uri: string) => boolean;
  readonly displayName: string;
  /** First is preferred. */
  readonly rx: readonly ContentType[];
  readonly tx: readonly ContentType[];
  readonly ctCaps: readonly CtCap[];
}

/** How one user may come in. A secret is absent where no scheme of the user needs it. */
export interface Access {
  readonly schemes: readonly AuthScheme[];
  /** B64(MD5(user:password)): for `md5` and `hmac`. */
  readonly md5Secret?: string;
  /** For `md5-1.0`. */
  readonly password?: string;
}

/**
 * The nonces of a device, raw octets. `used` is the one that the last right digest was made with: still good for one
 * more, from the same address, until the device shows that it has had the answer (a message that goes on with the
 * session). So a lost answer costs nothing, and a digest that was overheard opens nothing once its session has gone on.
 */
export interface Nonces {
  readonly current: Uint8Array;
  readonly used?: Uint8Array;
}

/** Somebody who tries to come in. */
export interface Attempt {
  /** As claimed; empty where nothing is. */
  readonly user: string;
  readonly deviceId: string;
  readonly remoteAddress: string;
}

/** Who may come in. Never tells an unknown user from a wrong password. */
export interface Accounts {
  /**
   * Waits before credentials are looked at, where there was guessing from that address or at that user.
   * @throws SyncmlError SYNCML_OVERLOADED where so many wait that it would take too long
   */
  admit(attempt: Attempt): Promise<void>;
  /** What came of it. */
  noteCheck(attempt: Attempt, isRight: boolean): void;
  /** False where the user may not use `basic`. */
  checkPassword(user: string, password: string): Promise<boolean>;
  /** An unknown user has the default schemes and no secrets. */
  access(user: string): Promise<Access>;
  /** All user names, for clients that leave LocName out of a header with a digest: tried where there is exactly one. */
  names(): Promise<readonly string[]>;
  /** @returns undefined for a device that never got one */
  nonces(deviceId: string): Promise<Nonces | undefined>;
  /** @returns the device's current nonce: `fresh` where it has none */
  offerNonce(deviceId: string, fresh: Uint8Array): Promise<Uint8Array>;
  /**
   * Uses up the current nonce, at once: of several digests with one nonce one is let in.
   * @returns `next`, which is the current one now; undefined where `nonce` is it no longer
   */
  useNonce(
    deviceId: string,
    nonce: Uint8Array,
    more: { readonly next: Uint8Array; readonly remoteAddress: string },
  ): Promise<Uint8Array | undefined>;
  /** Uses the used nonce once more. @returns the current one; undefined where that may not be */
  reuseNonce(
    deviceId: string,
    nonce: Uint8Array,
    remoteAddress: string,
  ): Promise<Uint8Array | undefined>;
  /** The device has had the answer to its last digest. */
  confirmNonce(deviceId: string): Promise<void>;
  /** Who we are to a user's device that asks for it; undefined where nothing is set. */
  ownCredentials(
    user: string,
    deviceId: string,
  ): Promise<{ readonly name: string; readonly password: string } | undefined>;
}

/** What is remembered of devices between sessions. */
export interface Devices {
  devInf(user: string, deviceId: string): Promise<DevInf | undefined>;
  saveDevInf(user: string, deviceId: string, devInf: DevInf): Promise<void>;
}

/** One session as it is kept: enough to go on after a restart and to answer a resend with the same bytes. */
export interface StoredSession {
  readonly token: SessionToken;
  readonly deviceId: string;
  readonly sessionId: string;
  /** MsgID and SHA-256 (hex) of the request that was answered last. */
  readonly lastMsgId: number;
  readonly lastRequestHash: string;
  readonly reply: Uint8Array;
  readonly replyContentType: string;
  /** The value of the reply's x-syncml-hmac, where it has one. */
  readonly replyHmac?: string;
  /** The reducer's state as JSON; empty once the session has ended. */
  readonly state: string;
  readonly changedAtMs: Instant;
}

export interface SessionStore {
  load(token: SessionToken): Promise<StoredSession | undefined>;
  /** The youngest session of a device under the peer's own SessionID, for clients that ignore RespURI. */
  find(deviceId: string, sessionId: string): Promise<StoredSession | undefined>;
  /** In one transaction: the session, its answer, and what its datastores changed since the last save. */
  save(session: StoredSession): Promise<void>;
  /** Drops sessions untouched since `before`. @returns the tokens of those that had not ended */
  expire(before: Instant): Promise<readonly SessionToken[]>;
}

export interface Clock {
  now(): Instant;
}
