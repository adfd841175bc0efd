import { decodeMessage, encodeMessage } from "../codec/codec.ts";
import type { Encoding } from "../codec/content-type.ts";
import { DEFAULT_DECODE_LIMITS } from "../codec/limits.ts";
import type { ServerIdentity } from "../devinf/build-dev-inf.ts";
import { SyncmlError } from "../errors.ts";
import { toSessionToken } from "../model/ids.ts";
import { PLAIN_TRAITS, type PeerTraits, type TraitsOf } from "../model/peer-traits.ts";
import type { Message } from "../model/message.ts";
import { MAX_KEY_LENGTH, MAX_WORK_MS, MIN_KEPT_MS } from "../session/limits.ts";
import { hasOpenSyncs } from "../session/server-state.ts";
import { handleMessage } from "../session/server.ts";
import { hashOf, newState, toStored, type Answered, type LiveSession } from "./live-session.ts";
import { hmacHeaderFor } from "./identify.ts";
import { abandonAll, runWork, type EffectPorts } from "./perform.ts";
import { attemptOf, originOf, type Origin } from "./origin.ts";
import { SessionTable } from "./session-table.ts";
import type { Clock, SessionStore } from "../session/ports.ts";

export interface ServerPorts extends EffectPorts {
  readonly sessions: SessionStore;
  readonly clock: Clock;
  /** How peers are treated; all of them by the standard where absent. */
  readonly traitsOf?: TraitsOf;
}

export interface SyncServerOptions extends ServerIdentity {
  /** Limit of the messages that we send, and that we announce. */
  readonly maxMsgSizeBytes: number;
  readonly maxObjSizeBytes: number;
  /** Sessions under way at a time. */
  readonly maxSessions: number;
  readonly sessionTimeoutMs: number;
  /** Limit of a request's body; what is bigger was refused before. Default 4 MiB. */
  readonly maxRequestBytes?: number;
  /**
   * After so long an answer leaves with what is done; the rest follows with the next messages. Default 20 s: phones give
   * up after a minute.
   */
  readonly maxWorkMs?: number;
}

export interface ServeRequest {
  readonly bytes: Uint8Array;
  readonly contentType?: string;
  /** The session token of RespURI, where the URL has one. */
  readonly token?: string;
  readonly cardLabel?: string;
  /** The name in the URL that says what the peer is. */
  readonly alias?: string;
  /** The value of its x-syncml-hmac, where it has one. */
  readonly hmac?: string;
  /** Our URL as the peer has to call it, without query. */
  readonly baseUrl: string;
  readonly remoteAddress: string;
}

export interface ServeAnswer {
  readonly httpStatus: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** The value of its x-syncml-hmac, where it has one. */
  readonly hmac?: string;
}

export interface SyncServer {
  /** Never rejects: every failure is an answer. */
  handle(request: ServeRequest): Promise<ServeAnswer>;
  /** Gives up sessions that went quiet; to be called now and then. */
  sweep(): Promise<void>;
  /** Resolves once no message is being worked on. */
  idle(): Promise<void>;
}

/** A message that was decoded. */
interface Readable {
  readonly message: Message;
  readonly encoding: Encoding;
  /** SHA-256 of its bytes, hex. */
  readonly hash: string;
  readonly origin: Origin;
}

const TOKEN_BYTES = 16;

const TEXT = "text/plain; charset=utf-8";

/** The SyncML server over its ports. One message of a session at a time; everything durable before the answer. */
export function createSyncServer(ports: ServerPorts, options: SyncServerOptions): SyncServer {
  return new Server(ports, options);
}

class Server implements SyncServer {
  readonly #ports: ServerPorts;
  readonly #options: SyncServerOptions;
  readonly #sessions: SessionTable;
  /** The end of the queue of each device: messages of one device are worked on one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(ports: ServerPorts, options: SyncServerOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#sessions = new SessionTable(ports.sessions, options.maxSessions);
  }

  async handle(request: ServeRequest): Promise<ServeAnswer> {
    try {
      const maxBytes = this.#options.maxRequestBytes ?? DEFAULT_DECODE_LIMITS.maxBytes;
      const limits = { ...DEFAULT_DECODE_LIMITS, maxBytes };
      const { message, encoding } = decodeMessage(request.bytes, request.contentType, limits);
      checkKeys(message);
      await this.#admit(message, originOf(request));
      return await this.#inTurn(message.header.source.locUri, () =>
        this.#answer(request, message, encoding),
      );
    } catch (error) {
      return this.#failure(error);
    }
  }

  /** Whoever has to wait does so outside of the device's queue: its owner's messages must not stand behind guesses. */
  async #admit({ header }: Message, origin: Origin): Promise<void> {
    const attempt = attemptOf(header, origin);
    if (attempt !== undefined) await this.#ports.accounts.admit(attempt);
  }

  async sweep(): Promise<void> {
    const now = this.#ports.clock.now();
    const before = now - this.#options.sessionTimeoutMs;
    for (const { token, state } of this.#sessions.all())
      await this.#inTurn(state.deviceId, async () => {
        const session = this.#sessions.all().find((each) => each.token === token);
        if (session !== undefined && session.changedAtMs < before)
          await this.#giveUp(session, "the session timed out");
      });
    await this.#ports.sessions.expire(Math.min(before, now - MIN_KEPT_MS));
  }

  async idle(): Promise<void> {
    await Promise.all(this.#queues.values());
  }

  async #inTurn<T>(deviceId: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(deviceId) ?? Promise.resolve()).then(work, work);
    const tail = turn.catch(() => undefined);
    this.#queues.set(deviceId, tail);
    void tail.then(() => {
      if (this.#queues.get(deviceId) === tail) this.#queues.delete(deviceId);
    });
    return turn;
  }

  async #answer(request: ServeRequest, message: Message, encoding: Encoding): Promise<ServeAnswer> {
    const hash = hashOf(request.bytes);
    const { token, remoteAddress } = request;
    const arrival = { message, hash, remoteAddress, ...(token === undefined ? {} : { token }) };
    const belonging = await this.#sessions.find(arrival);
    if (belonging.type === "replay") return toAnswer(belonging.answered);
    const readable = { message, encoding, hash, origin: originOf(request) };
    if (belonging.type === "goesOn") {
      const { session } = belonging;
      // As if the connection were lost: a Status would be taken for the end of a sync by some, of their Maps by others.
      if (session.isRevived && hasOpenSyncs(session.state))
        throw new SyncmlError("SYNCML_SESSION", "the session's syncs are gone");
      return this.#work(session, readable);
    }
    this.#sessions.makeRoom();
    try {
      return await this.#work(this.#begin(request, message), readable);
    } finally {
      this.#sessions.release();
    }
  }

  async #work(session: LiveSession, request: Readable): Promise<ServeAnswer> {
    const { message, encoding, hash, origin } = request;
    const { maxMsgSizeBytes, maxObjSizeBytes } = this.#options;
    const traitsOf = this.#ports.traitsOf ?? ((): PeerTraits => PLAIN_TRAITS);
    const sizes = { maxMsgSizeBytes, maxObjSizeBytes };
    const env = { encoding, ...sizes, identity: this.#options, traitsOf };
    try {
      const work = handleMessage(session.state, message, env);
      const { state, reply, isRefused } = await runWork(work, this.#ports, {
        session: session.token,
        origin,
        until: this.#ports.clock.now() + this.#workMs(session.state.traits),
        findLeft: (asked) => this.#sessions.findLeft(session, asked),
      });
      const bytes = encodeMessage(reply, encoding);
      const hmac = isRefused ? undefined : await hmacHeaderFor(state, bytes, this.#ports.accounts);
      const answered = {
        msgId: message.header.msgId,
        hash,
        reply: bytes,
        contentType: `application/vnd.syncml+${encoding}; charset=UTF-8`,
        ...(hmac === undefined ? {} : { hmac }),
      };
      if (isRefused && session.state.user !== undefined) {
        // Not the session's own message, perhaps: the next one of its own goes on where it stood.
        this.#sessions.keep({ ...session, state });
        return toAnswer(answered);
      }
      const changedAtMs = this.#ports.clock.now();
      const next = { ...session, state, answered, changedAtMs, isRevived: false };
      await this.#keep(next, answered);
      if (session.state.user === undefined) await this.#supersede(next);
      this.#report(next, message, answered.reply.length);
      return toAnswer(answered);
    } catch (error) {
      await this.#giveUp(session, "the service failed");
      throw error;
    }
  }

  #workMs({ maxWorkMs = Infinity }: PeerTraits): number {
    return Math.min(this.#options.maxWorkMs ?? MAX_WORK_MS, maxWorkMs);
  }

  /** Nothing is written to the store for a peer that has not shown who it is. */
  async #keep(session: LiveSession, answered: Answered): Promise<void> {
    if (session.state.user !== undefined)
      await this.#ports.sessions.save(toStored(session, answered));
    this.#sessions.keep(session);
  }

  async #supersede(session: LiveSession): Promise<void> {
    if (session.state.user === undefined) return;
    for (const other of this.#sessions.othersLike(session))
      await this.#giveUp(other, "the device began a new session");
  }

  async #giveUp(session: LiveSession, reason: string): Promise<void> {
    const { state } = this.#sessions.drop(session.token) ?? session;
    const syncIds = state.datastores.flatMap(({ syncId }) => syncId ?? []);
    await abandonAll(this.#ports.datastores, syncIds, reason);
  }

  #begin(request: ServeRequest, message: Message): LiveSession {
    const random = this.#ports.random(TOKEN_BYTES);
    const token = toSessionToken(Buffer.from(random).toString("base64url"));
    const respUri = `${request.baseUrl}?s=${token}`;
    const state = newState(message, respUri, request);
    const { remoteAddress } = request;
    return { token, state, remoteAddress, changedAtMs: this.#ports.clock.now(), isRevived: false };
  }

  #report({ state }: LiveSession, { header, commands }: Message, bytes: number): void {
    this.#ports.log?.info(
      {
        device: state.deviceId,
        session: state.sessionId,
        msgId: header.msgId,
        phase: state.phase,
        commands: commands.length,
        replyBytes: bytes,
      },
      "syncml message",
    );
  }

  #failure(error: unknown): ServeAnswer {
    const isKnown = error instanceof SyncmlError && error.code !== "SYNCML_EXCHANGE";
    const isOurs =
      error instanceof SyncmlError && error.fault === "local" && error.code !== "SYNCML_OVERLOADED";
    if (!isKnown || isOurs) {
      this.#ports.log?.error({ err: error }, "a message could not be worked on");
      return text(500, "The service failed; its log says more.");
    }
    this.#ports.log?.warn({ code: error.code }, "a message was refused");
    return text(error.statusHint, error.message);
  }
}

/**
 * What names a session is kept before anybody has shown who they are: with the nonce of the device, in the queue.
 * @throws SyncmlError SYNCML_TOO_LARGE
 */
function checkKeys({ header }: Message): void {
  const longest = Math.max(header.source.locUri.length, header.sessionId.length);
  if (longest > MAX_KEY_LENGTH)
    throw new SyncmlError("SYNCML_TOO_LARGE", "a device id or SessionID is too long");
}

const toAnswer = ({ reply, contentType, hmac }: Answered): ServeAnswer => ({
  httpStatus: 200,
  contentType,
  bytes: reply,
  ...(hmac === undefined ? {} : { hmac }),
});

const text = (httpStatus: number, message: string): ServeAnswer => ({
  httpStatus,
  contentType: TEXT,
  bytes: Buffer.from(`${message}\n`, "utf8"),
});
