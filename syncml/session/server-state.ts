import type { OwnChal } from "../auth/credentials.ts";
import type { DevInf } from "../model/dev-inf.ts";
import type { SyncId } from "../model/ids.ts";
import type { Command, StatusCommand, SyncmlVersion } from "../model/message.ts";
import type { IncomingChunk } from "./incoming-chunk.ts";
import type { PeerTraits } from "../model/peer-traits.ts";
import type { SyncType } from "../model/sync-type.ts";

/**
 * Where a session stands:
 * - `init`: the client's package 1 (alerts, DevInf) comes in; nobody is let in before the credentials are right;
 * - `changes`: its package 3 (statuses, early Maps, Sync commands) comes in;
 * - `sending`: our package 4 goes out, message by message;
 * - `closing`: its package 5 (statuses, Maps) comes in;
 * - `ending`: all is finished, but our last answers did not fit into one message;
 * - `suspended`: the peer has left and may come back for its syncs in another session; nothing is worked on any more;
 * - `done`: the session has ended; nothing is worked on any more.
 */
export type ServerPhase =
  "init" | "changes" | "sending" | "closing" | "ending" | "suspended" | "done";

/** Everything that a session has to remember between two messages. Plain JSON. */
export interface ServerState {
  readonly phase: ServerPhase;
  readonly version: SyncmlVersion;
  readonly sessionId: string;
  readonly deviceId: string;
  readonly cardLabel?: string;
  /** The name in the URL that says what the peer is. */
  readonly alias?: string;
  /** How the peer is treated, by what is known of it so far. */
  readonly traits: PeerTraits;
  readonly respUri: string;
  /** Set once the credentials were right. */
  readonly user?: string;
  readonly authFailures: number;
  /** True where the credentials hold for one message only (HMAC). */
  readonly isPerMessage?: boolean;
  /** True until the device shows that it has had the nonce that came with being let in. */
  readonly isNonceOpen?: boolean;
  /** True where there are credentials of ours for this device. */
  readonly canIdentify?: boolean;
  /** What the peer wants to know of us, once it asked; and how often we were refused since it took a message. */
  readonly own?: OwnChal & { readonly tries: number };
  /** What our last message said, for a peer that asks who we are before it looks at it. */
  readonly unheard?: readonly Command[];
  readonly peer: PeerLimits;
  readonly devInf?: DevInf;
  readonly datastores: readonly DatastoreState[];
  readonly chunkIn?: IncomingChunk;
  /** MsgID of our next message. */
  readonly nextMsgId: number;
  /** What we sent and await a Status for, keyed `MsgID/CmdID`. */
  readonly awaited: Readonly<Record<string, Awaited>>;
  /** Commands that did not fit into the last message; their CmdIDs are given when they leave. */
  readonly backlog: readonly Command[];
  /** What the peer sent and the card had no time for; it comes first in the next message. */
  readonly delayed: readonly DelayedOperation[];
  /** True where the peer's last message said Final and was not believed. */
  readonly isEndDoubted: boolean;
  /** True where the peer's package is complete, but not all of it could be worked on yet. */
  readonly isPackageComplete: boolean;
  /** Messages in a row in which the peer asked for more and there was nothing. */
  readonly idleMessages: number;
  /** True where our package did not fit into our last message: the peer asks for the rest of it. */
  readonly isUnfinished: boolean;
  /** Changes pulled from a datastore that have not left yet. */
  readonly outbox: readonly OutgoingItem[];
}

/** Bytes; absent where the peer named none. */
export interface PeerLimits {
  readonly maxMsgSize?: number;
  readonly maxObjSize?: number;
}

/**
 * `open`: alerted; `planned`: endOfChanges was called; `sent`: all of ours has left; `suspended`: left by the peer, to be
 * resumed; `over`: finished, refused or lost.
 */
export interface DatastoreState {
  /** As the client wrote them in its Alert. */
  readonly uri: string;
  readonly peerUri: string;
  readonly stage: "open" | "planned" | "sent" | "suspended" | "over";
  /** Absent where the datastore was refused. */
  readonly syncId?: SyncId;
  readonly syncType: SyncType;
  /** The Status for every later command of a datastore that was refused or lost. */
  readonly refusal?: number;
  readonly count: number;
  /** True where its Alert was answered with 508: what the peer sends before it knows of that is outdated. */
  readonly isRefreshed: boolean;
  /**
   * What came of the peer's Sync: none yet, none in this session but in the one that it resumes, worked on, or refused
   * since it came with an Alert that did not match.
   */
  readonly early: "none" | "resumed" | "taken" | "outdated";
  /** Items that the peer says it has for us in all (NumberOfChanges), 0 where it does not say, and those that came. */
  readonly announced: number;
  readonly received: number;
  /** True where it goes on with a sync of an earlier session. */
  readonly isResumed: boolean;
  /** True once a Sync of ours for it has left. */
  readonly hasSync: boolean;
  /** True once everything of it has been pulled into the outbox. */
  readonly isPulled: boolean;
}

/** An operation of the peer that waits. `content` is in base64; absent for a deletion. */
export interface DelayedOperation {
  readonly uri: string;
  readonly type: "add" | "replace" | "delete";
  readonly luid: string;
  readonly mediaType?: string;
  readonly content?: string;
  readonly isFieldLevel?: boolean;
  readonly isArchive: boolean;
  /** Its Status but for the code; absent where the peer wants none. */
  readonly status?: StatusCommand;
}

/** A change on its way out; `sent` counts the characters of `text` that have left in chunks. */
export interface OutgoingItem {
  readonly uri: string;
  readonly ref: number;
  readonly type: "add" | "replace" | "delete";
  /** GUID of an Add, else LUID. */
  readonly id: string;
  readonly mediaType?: string;
  /** True where the content has characters that XML cannot carry. */
  readonly isBase64?: boolean;
  readonly text: string;
  readonly sent: number;
}

export type Awaited =
  | { readonly type: "alert" | "sync"; readonly uri: string }
  | {
      readonly type: "item" | "chunk";
      readonly uri: string;
      readonly ref: number;
      readonly isAdd?: true;
    };

/** Whether it takes part in the session no more. */
export const isOver = ({ stage }: DatastoreState): boolean =>
  stage === "over" || stage === "suspended";

/**
 * Whether a later session may go on with it. Before its first Sync there is nothing to go on with, and the peer may not
 * have emptied its side yet for a refresh.
 */
export const isResumable = ({ stage, early, syncId }: DatastoreState): boolean =>
  syncId !== undefined &&
  stage !== "over" &&
  (stage !== "open" || early === "taken" || early === "resumed");

/** @returns the state with one datastore replaced; the same where there is none of that name */
export function withDatastore(
  state: ServerState,
  uri: string,
  change: Partial<DatastoreState>,
): ServerState {
  const datastores = state.datastores.map((each) =>
    each.uri === uri ? { ...each, ...change } : each,
  );
  return { ...state, datastores };
}

/** @returns the state with one datastore refused from now on; nothing more of it is sent */
export function refuseDatastore(state: ServerState, uri: string, refusal: number): ServerState {
  const outbox = state.outbox.filter((item) => item.uri !== uri);
  return { ...withDatastore(state, uri, { stage: "over", refusal }), outbox };
}

/**
 * Finds the datastore that a command names. Clients write its name as in the Alert, or leave one side empty: then the
 * other decides.
 * @param peerUri the client's own datastore
 */
export function findDatastore(
  { datastores }: ServerState,
  uri: string | undefined,
  peerUri: string | undefined,
): DatastoreState | undefined {
  const named = datastores.find((each) => each.uri === uri);
  if (named !== undefined || (uri ?? "") !== "") return named;
  return datastores.find((each) => each.peerUri === peerUri);
}

/** Whether the session has a sync that is neither over nor left to be resumed. */
export const hasOpenSyncs = ({ datastores }: ServerState): boolean =>
  datastores.some((each) => each.syncId !== undefined && !isOver(each));
