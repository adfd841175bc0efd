import { createHash } from "node:crypto";
import type { SessionToken } from "../model/ids.ts";
import type { Message } from "../model/message.ts";
import { PLAIN_TRAITS } from "../model/peer-traits.ts";
import type { ServerState } from "../session/server-state.ts";
import type { Instant, StoredSession } from "../session/ports.ts";

/** The last request that was answered, and its answer: what a resend is recognised and served by. */
export interface Answered {
  readonly msgId: number;
  /** SHA-256 of the request, hex. */
  readonly hash: string;
  readonly reply: Uint8Array;
  readonly contentType: string;
  /** The value of its x-syncml-hmac, where it has one. */
  readonly hmac?: string;
}

/** A session as the server works with it. */
export interface LiveSession {
  readonly token: SessionToken;
  readonly state: ServerState;
  readonly answered?: Answered;
  readonly changedAtMs: Instant;
  /** Where its messages come from: one that names no token has to come from there too. */
  readonly remoteAddress: string;
  /** It was brought back by a message that came after its end, or after a restart of the service. */
  readonly isRevived: boolean;
}

export const hashOf = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** @returns the state of a session that begins with this message */
export function newState(
  message: Message,
  respUri: string,
  { cardLabel, alias }: { readonly cardLabel?: string; readonly alias?: string } = {},
): ServerState {
  const { sessionId, source } = message.header;
  return {
    phase: "init",
    version: message.version,
    sessionId,
    deviceId: source.locUri,
    ...(cardLabel === undefined ? {} : { cardLabel }),
    ...(alias === undefined ? {} : { alias }),
    traits: PLAIN_TRAITS,
    respUri,
    authFailures: 0,
    peer: {},
    datastores: [],
    nextMsgId: 1,
    awaited: {},
    backlog: [],
    delayed: [],
    isEndDoubted: false,
    isPackageComplete: false,
    idleMessages: 0,
    isUnfinished: false,
    outbox: [],
  };
}

/** A suspended one goes on in another session, if at all. */
export const hasEnded = ({ state: { phase } }: Pick<LiveSession, "state">): boolean =>
  phase === "done" || phase === "suspended";

/** A session whose state is gone keeps only its last answer. */
export function toStored(session: LiveSession, answered: Answered): StoredSession {
  const { token, state, remoteAddress, changedAtMs } = session;
  return {
    token,
    deviceId: state.deviceId,
    sessionId: state.sessionId,
    lastMsgId: answered.msgId,
    lastRequestHash: answered.hash,
    reply: answered.reply,
    replyContentType: answered.contentType,
    ...(answered.hmac === undefined ? {} : { replyHmac: answered.hmac }),
    state: hasEnded(session) ? "" : JSON.stringify({ state, remoteAddress }),
    changedAtMs,
  };
}

/** @returns undefined for a session that has ended */
export function fromStored(stored: StoredSession): LiveSession | undefined {
  if (stored.state === "") return undefined;
  const { token, changedAtMs } = stored;
  // Only this module writes the column, in the shape of this very version.
  const kept = JSON.parse(stored.state) as Pick<LiveSession, "state" | "remoteAddress">;
  return { ...kept, token, answered: answeredOf(stored), changedAtMs, isRevived: true };
}

export const answeredOf = (stored: StoredSession): Answered => ({
  msgId: stored.lastMsgId,
  hash: stored.lastRequestHash,
  reply: stored.reply,
  contentType: stored.replyContentType,
  ...(stored.replyHmac === undefined ? {} : { hmac: stored.replyHmac }),
});
