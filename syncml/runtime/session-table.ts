import { SyncmlError } from "../errors.ts";
import { toSessionToken, type SessionToken } from "../model/ids.ts";
import type { Message } from "../model/message.ts";
import type { SessionStore, StoredSession } from "../session/ports.ts";
import { isResumable } from "../session/server-state.ts";
import type { FindLeft } from "./perform.ts";
import {
  answeredOf,
  fromStored,
  hasEnded,
  type Answered,
  type LiveSession,
} from "./live-session.ts";

/** A message with what tells whose it is. */
export interface Arrival {
  readonly message: Message;
  /** SHA-256 of its bytes, hex. */
  readonly hash: string;
  /** The session token of RespURI, where the URL has one. */
  readonly token?: string;
  readonly remoteAddress: string;
}

/** What a message is to its session: `replay` is answered with the same bytes again. */
export type Belonging =
  | { readonly type: "replay"; readonly answered: Answered }
  | { readonly type: "goesOn"; readonly session: LiveSession }
  | { readonly type: "begins" };

type Asked = Parameters<FindLeft>[0];

interface Found {
  readonly session?: LiveSession;
  readonly answered?: Answered;
  readonly deviceId: string;
}

/** The sessions under way, over the store that has those which a restart or a resend brings back. */
export class SessionTable {
  readonly #live = new Map<SessionToken, LiveSession>();
  readonly #store: SessionStore;
  readonly #maxSessions: number;
  /** Sessions whose first message is being worked on. */
  #beginning = 0;

  constructor(store: SessionStore, maxSessions: number) {
    this.#store = store;
    this.#maxSessions = maxSessions;
  }

  /**
   * The session that a message belongs to: by RespURI's token, else by device and SessionID, for clients that ignore it.
   * @throws SyncmlError SYNCML_SESSION for a token that names no session of that device, or one that has ended
   */
  async find(arrival: Arrival): Promise<Belonging> {
    if (arrival.token === undefined) return this.#findByDevice(arrival);
    const found = await this.#byToken(toSessionToken(arrival.token));
    if (found?.deviceId !== arrival.message.header.source.locUri)
      throw new SyncmlError("SYNCML_SESSION", "no session under this address");
    const belonging = belongingOf(found, arrival);
    if (belonging.type !== "begins") return belonging;
    // Who knows the token has had our answer: the same MsgID again is a resend, encoded anew.
    if (found.answered?.msgId === arrival.message.header.msgId)
      return { type: "replay", answered: found.answered };
    if (found.session === undefined)
      throw new SyncmlError("SYNCML_SESSION", "the session has ended");
    return belonging;
  }

  /** A device and a SessionID are easily guessed: such a message has to come from where the session's others came. */
  async #findByDevice(arrival: Arrival): Promise<Belonging> {
    const found = await this.#byDevice(arrival);
    if (found === undefined) return { type: "begins" };
    const belonging = belongingOf(found, arrival);
    const isElsewhere =
      belonging.type === "goesOn" && belonging.session.remoteAddress !== arrival.remoteAddress;
    return isElsewhere ? { type: "begins" } : belonging;
  }

  /**
   * Holds a place for a session that begins, until {@link release}: many may begin at once.
   * @throws SyncmlError SYNCML_OVERLOADED where there is no room and everybody has shown who they are
   */
  makeRoom(): void {
    this.#dropStranger();
    this.#beginning += 1;
  }

  /** What began stands among the others now, or came to nothing. */
  release(): void {
    this.#beginning -= 1;
  }

  #dropStranger(): void {
    if (this.#live.size + this.#beginning < this.#maxSessions) return;
    for (const { token, state } of this.#live.values())
      if (state.user === undefined) {
        this.#live.delete(token);
        return;
      }
    throw new SyncmlError("SYNCML_OVERLOADED", "too many sessions", { fault: "local" });
  }

  /** The youngest stand last. */
  keep(session: LiveSession): void {
    this.#live.delete(session.token);
    if (session.state.phase !== "done") this.#live.set(session.token, session);
  }

  /** @returns the session as it stood, where there was one */
  drop(token: SessionToken): LiveSession | undefined {
    const session = this.#live.get(token);
    this.#live.delete(token);
    return session;
  }

  all(): readonly LiveSession[] {
    return [...this.#live.values()];
  }

  /** @returns the youngest sync of those datastores that the device left in another session and that can be resumed */
  findLeft({ token }: LiveSession, asked: Asked): ReturnType<FindLeft> {
    const others = this.all().filter(
      (each) =>
        each.token !== token &&
        each.state.user === asked.user &&
        each.state.deviceId === asked.deviceId,
    );
    for (const { state } of others.reverse()) {
      const left = state.datastores.find(
        (each) => each.uri === asked.uri && each.peerUri === asked.peerUri && isResumable(each),
      );
      if (left?.syncId === undefined) continue;
      const chunkIn = state.chunkIn?.uri === left.uri ? { chunkIn: state.chunkIn } : {};
      return { syncId: left.syncId, ...chunkIn };
    }
    return undefined;
  }

  /** @returns the other sessions of the same user on the same device: a device that begins anew has given them up */
  othersLike({ token, state }: LiveSession): readonly LiveSession[] {
    return this.all().filter(
      (each) =>
        each.token !== token &&
        each.state.user === state.user &&
        each.state.deviceId === state.deviceId,
    );
  }

  async #byToken(token: SessionToken): Promise<Found | undefined> {
    const session = this.#live.get(token);
    if (session !== undefined) return foundLive(session);
    return foundStored(await this.#store.load(token));
  }

  async #byDevice({ message, remoteAddress }: Arrival): Promise<Found | undefined> {
    const { source, sessionId } = message.header;
    const live = this.all().filter(
      ({ state, ...each }) =>
        state.deviceId === source.locUri &&
        state.sessionId === sessionId &&
        each.remoteAddress === remoteAddress,
    );
    const youngest = live.at(-1);
    if (youngest !== undefined) return foundLive(youngest);
    return foundStored(await this.#store.find(source.locUri, sessionId));
  }
}

function belongingOf({ session, answered }: Found, { message, hash }: Arrival): Belonging {
  const { msgId } = message.header;
  if (answered?.msgId === msgId && answered.hash === hash) return { type: "replay", answered };
  if (session === undefined) return { type: "begins" };
  // Tries with other credentials may count from 1 again.
  const isGoingOn = session.state.user === undefined || msgId > (answered?.msgId ?? 0);
  return isGoingOn ? { type: "goesOn", session } : { type: "begins" };
}

const foundLive = (session: LiveSession): Found => ({
  ...(hasEnded(session) ? {} : { session }),
  ...(session.answered === undefined ? {} : { answered: session.answered }),
  deviceId: session.state.deviceId,
});

function foundStored(stored: StoredSession | undefined): Found | undefined {
  if (stored === undefined) return undefined;
  const session = fromStored(stored);
  const { deviceId } = stored;
  return { answered: answeredOf(stored), deviceId, ...(session === undefined ? {} : { session }) };
}
