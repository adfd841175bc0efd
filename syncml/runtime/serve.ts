import { decodeMessage, encodeMessage } from "../codec/codec.ts";
import type { Encoding } from "../codec/content-type.ts";
import { DEFAULT_DECODE_LIMITS } from "../codec/limits.ts";
import type { ServerIdentity } from "../devinf/build-dev-inf.ts";
import { SyncmlError } from "../errors.ts";
import { toSessionToken, type SessionToken } from "../model/ids.ts";
import type { Message } from "../model/message.ts";
import { handleMessage } from "../session/server.ts";
import {
  answeredOf,
  fromStored,
  hashOf,
  newState,
  toStored,
  type Answered,
  type LiveSession,
} from "./live-session.ts";
import { runWork, type EffectPorts } from "./perform.ts";
import type { Clock, SessionStore, StoredSession } from "../session/ports.ts";

export interface ServerPorts extends EffectPorts {
  readonly sessions: SessionStore;
  readonly clock: Clock;
  readonly log?: ServerLog;
}

/** The part of pino that is used. Nothing of a message's contents, credentials or nonces is ever given to it. */
export interface ServerLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
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
}

export interface ServeRequest {
  readonly bytes: Uint8Array;
  readonly contentType?: string;
  /** The session token of RespURI, where the URL has one. */
  readonly token?: string;
  readonly cardLabel?: string;
  /** Our URL as the peer has to call it, without query. */
  readonly baseUrl: string;
  readonly remoteAddress: string;
}

export interface ServeAnswer {
  readonly httpStatus: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface SyncServer {
  /** Never rejects: every failure is an answer. */
  handle(request: ServeRequest): Promise<ServeAnswer>;
  /** Gives up sessions that went quiet; to be called now and then. */
  sweep(): Promise<void>;
  /** Resolves once no message is being worked on. */
  idle(): Promise<void>;
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
  readonly #live = new Map<SessionToken, LiveSession>();
  /** The end of the queue of each device: messages of one device are worked on one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(ports: ServerPorts, options: SyncServerOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  async handle(request: ServeRequest): Promise<ServeAnswer> {
    try {
      const limits = {
        ...DEFAULT_DECODE_LIMITS,
        ...(this.#options.maxRequestBytes === undefined
          ? {}
          : { maxBytes: this.#options.maxRequestBytes }),
      };
      const { message, encoding } = decodeMessage(request.bytes, request.contentType, limits);
      return await this.#inTurn(message.header.source.locUri, () =>
        this.#answer(request, message, encoding),
      );
    } catch (error) {
      return this.#failure(error);
    }
  }

  async sweep(): Promise<void> {
    const before = this.#ports.clock.now() - this.#options.sessionTimeoutMs;
    for (const session of [...this.#live.values()])
      if (session.changedAtMs < before) {
        this.#live.delete(session.token);
        for (const { syncId } of session.state.datastores)
          if (syncId !== undefined)
            await this.#ports.datastores.abandon(syncId, "the session timed out");
      }
    await this.#ports.sessions.expire(before);
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
    const known = await this.#find(request, message);
    if (known.answered !== undefined && isResend(known.answered, message, hash))
      return toAnswer(known.answered);
    const session = known.session ?? this.#begin(request, message);
    return this.#work(session, { message, encoding, hash });
  }

  async #work(
    session: LiveSession,
    request: { readonly message: Message; readonly encoding: Encoding; readonly hash: string },
  ): Promise<ServeAnswer> {
    const { message, encoding, hash } = request;
    const { maxMsgSizeBytes, maxObjSizeBytes } = this.#options;
    const env = { encoding, maxMsgSizeBytes, maxObjSizeBytes, identity: this.#options };
    try {
      const work = handleMessage(session.state, message, env);
      const { state, reply } = await runWork(work, this.#ports, session.token);
      const answered = {
        msgId: message.header.msgId,
        hash,
        reply: encodeMessage(reply, encoding),
        contentType: `application/vnd.syncml+${encoding}; charset=UTF-8`,
      };
      const next = { ...session, state, answered, changedAtMs: this.#ports.clock.now() };
      await this.#keep(next, answered);
      this.#report(next, message, answered.reply.length);
      return toAnswer(answered);
    } catch (error) {
      await this.#giveUp(session);
      throw error;
    }
  }

  /** Nothing is written to the store for a peer that has not shown who it is. */
  async #keep(session: LiveSession, answered: Answered): Promise<void> {
    if (session.state.user !== undefined)
      await this.#ports.sessions.save(toStored(session, answered));
    if (session.state.phase === "done") this.#live.delete(session.token);
    else this.#live.set(session.token, session);
  }

  async #giveUp({ token, state }: LiveSession): Promise<void> {
    const known = this.#live.get(token)?.state ?? state;
    this.#live.delete(token);
    for (const { syncId } of known.datastores)
      if (syncId !== undefined)
        await this.#ports.datastores.abandon(syncId, "the service failed").catch(() => undefined);
  }

  /** The session that a message belongs to: by RespURI's token, else by device and SessionID for clients that ignore it. */
  async #find(
    request: ServeRequest,
    message: Message,
  ): Promise<{ readonly session?: LiveSession; readonly answered?: Answered }> {
    const { source, sessionId, msgId } = message.header;
    if (request.token !== undefined) {
      const found = await this.#byToken(toSessionToken(request.token));
      if (found === undefined || found.deviceId !== source.locUri)
        throw new SyncmlError("SYNCML_SESSION", "no session under this address");
      if (found.session === undefined && !isResendOf(found.answered, msgId))
        throw new SyncmlError("SYNCML_SESSION", "the session has ended");
      return found;
    }
    const found = await this.#byDevice(source.locUri, sessionId);
    if (found === undefined) return {};
    const isNew = msgId === 1 && found.answered?.msgId !== 1;
    const { session, answered } = found;
    if (isNew || session === undefined) return answered === undefined ? {} : { answered };
    const isGoingOn = answered === undefined || msgId > answered.msgId;
    return isGoingOn
      ? { session, ...(answered && { answered }) }
      : { ...(answered && { answered }) };
  }

  async #byToken(token: SessionToken): Promise<Found | undefined> {
    const session = this.#live.get(token);
    if (session !== undefined) return foundLive(session);
    const stored = await this.#ports.sessions.load(token);
    return stored === undefined ? undefined : foundStored(stored);
  }

  async #byDevice(deviceId: string, sessionId: string): Promise<Found | undefined> {
    for (const session of this.#live.values())
      if (session.state.deviceId === deviceId && session.state.sessionId === sessionId)
        return foundLive(session);
    const stored = await this.#ports.sessions.find(deviceId, sessionId);
    return stored === undefined ? undefined : foundStored(stored);
  }

  #begin(request: ServeRequest, message: Message): LiveSession {
    if (this.#live.size >= this.#options.maxSessions)
      throw new SyncmlError("SYNCML_OVERLOADED", "too many sessions", { fault: "local" });
    const random = this.#ports.random(TOKEN_BYTES);
    const token = toSessionToken(Buffer.from(random).toString("base64url"));
    const respUri = `${request.baseUrl}?s=${token}`;
    const changedAtMs = this.#ports.clock.now();
    return { token, state: newState(message, respUri, request.cardLabel), changedAtMs };
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

interface Found {
  readonly session?: LiveSession;
  readonly answered?: Answered;
  readonly deviceId: string;
}

const foundLive = (session: LiveSession): Found => ({
  session,
  ...(session.answered === undefined ? {} : { answered: session.answered }),
  deviceId: session.state.deviceId,
});

function foundStored(stored: StoredSession): Found {
  const session = fromStored(stored);
  const answered = answeredOf(stored);
  const { deviceId } = stored;
  return session === undefined ? { answered, deviceId } : { session, answered, deviceId };
}

const isResendOf = (answered: Answered | undefined, msgId: number): boolean =>
  answered?.msgId === msgId;

const isResend = (answered: Answered, message: Message, hash: string): boolean =>
  answered.msgId === message.header.msgId && answered.hash === hash;

const toAnswer = ({ reply, contentType }: Answered): ServeAnswer => ({
  httpStatus: 200,
  contentType,
  bytes: reply,
});

const text = (httpStatus: number, message: string): ServeAnswer => ({
  httpStatus,
  contentType: TEXT,
  bytes: Buffer.from(`${message}\n`, "utf8"),
});
