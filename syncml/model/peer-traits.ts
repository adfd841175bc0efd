import type { DevInf } from "./dev-inf.ts";
import type { SyncmlVersion } from "./message.ts";

/** What is known of a peer when its traits are looked up. The DevInf is absent before it has ever come. */
export interface PeerFacts {
  /** The name in the URL that says what the peer is, before it says so itself. */
  readonly alias?: string;
  readonly deviceId: string;
  readonly version: SyncmlVersion;
  readonly devInf?: DevInf;
}

/**
 * How one peer is treated where it differs from the standard. Plain JSON, kept in the session's state. False and absent
 * is what every other peer has.
 */
export interface PeerTraits {
  /** Names of the rules that led to this, in the order in which they were applied. */
  readonly rules: readonly string[];
  /** Its content capabilities (CTCap) are wrong: it stores more than they list. */
  readonly ignoresCtCap: boolean;
  /** The sizes in its content capabilities are wrong. */
  readonly ignoresMaxSizes: boolean;
  /** Our DevInf has no content capabilities for it. */
  readonly omitsCtCap: boolean;
  /** Our DevInf names datastores as its Alerts do. */
  readonly devInfAsAlerted: boolean;
  /** It is not given a RespURI. */
  readonly omitsRespUri: boolean;
  /** In a slow sync it gets no Replace; that change follows with the next sync. */
  readonly noReplaceInSlowSync: boolean;
  /** Items that were taken have no Status of their own; refusals have. */
  readonly omitsItemStatuses: boolean;
  /** What it sends no Status for in its last package has succeeded, except for Adds, which need their Map. */
  readonly impliesStatuses: boolean;
  /** A Copy with content is an Add. */
  readonly copyIsAdd: boolean;
  /** One-way syncs that it asks for are two-way ones, since it takes them for that. */
  readonly oneWayIsTwoWay: boolean;
  /** A sync from the client alone has a package 4 with an empty Sync, too. */
  readonly completesFromClient: boolean;
  /** The Status for the deletion of what is not there; 211 where absent. */
  readonly missingDeleteStatus?: 200 | 211 | 404;
  /** Every message has this Status, and nothing of it is worked on. */
  readonly rejectsWith?: number;
  /** Limit of the messages that it gets, bytes, whatever it announces. */
  readonly maxMsgSize?: number;
  /** An answer leaves after so long with what is done, ms. */
  readonly maxWorkMs?: number;
  /** What concerns contents, for the datastores; sessions hand it on unread. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** A peer that keeps to the standard. */
export const PLAIN_TRAITS: PeerTraits = {
  rules: [],
  ignoresCtCap: false,
  ignoresMaxSizes: false,
  omitsCtCap: false,
  devInfAsAlerted: false,
  omitsRespUri: false,
  noReplaceInSlowSync: false,
  omitsItemStatuses: false,
  impliesStatuses: false,
  copyIsAdd: false,
  oneWayIsTwoWay: false,
  completesFromClient: false,
  content: {},
};

/** Looks up how a peer is to be treated: pure, and cheap enough for every message. */
export type TraitsOf = (facts: PeerFacts) => PeerTraits;
