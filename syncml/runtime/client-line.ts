import { decodeMessage, encodeMessage } from "../codec/codec.ts";
import { DEFAULT_DECODE_LIMITS } from "../codec/limits.ts";
import { SyncmlError } from "../errors.ts";
import type { Message, StatusCommand } from "../model/message.ts";
import type { ClientState } from "../session/client-state.ts";
import { ClientFailure } from "./client-failure.ts";

/** What carries a message to a server. Throws ClientFailure `network` where it is not reached. */
export type Post = (
  request: { readonly url: string; readonly bytes: Uint8Array; readonly contentType: string },
  signal: AbortSignal | undefined,
) => Promise<{
  readonly httpStatus: number;
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
}>;

/** Bytes that went over the line. */
export interface LineCount {
  bytesSent: number;
  bytesReceived: number;
}

/** More messages than any sync needs. */
const MAX_MESSAGES = 20_000;

const VERSION_REFUSED: ReadonlySet<number> = new Set([400, 505, 513]);
const HTTP = { ok: 200, wrongType: 415, first5xx: 500 } as const;

/** Sends messages of one session and reads their answers. */
export class ClientLine {
  readonly count: LineCount;
  readonly #post: Post;
  readonly #state: ClientState;
  readonly #signal: AbortSignal | undefined;

  constructor(
    post: Post,
    state: ClientState,
    more: { count: LineCount; signal: AbortSignal | undefined },
  ) {
    this.#post = post;
    this.#state = state;
    this.count = more.count;
    this.#signal = more.signal;
  }

  /** @throws ClientFailure where no answer of SyncML comes */
  async send(message: Message): Promise<Message> {
    const { encoding, url, msgId } = this.#state;
    if (msgId > MAX_MESSAGES)
      throw new ClientFailure("server", "The session does not come to an end.");
    const bytes = encodeMessage(message, encoding);
    const contentType = `application/vnd.syncml+${encoding}`;
    this.count.bytesSent += bytes.length;
    const answer = await this.#post({ url, bytes, contentType }, this.#signal);
    this.count.bytesReceived += answer.bytes.length;
    const reply = this.#read(answer);
    if (reply.header.respUri !== undefined)
      this.#state.url = new URL(reply.header.respUri, url).href;
    return reply;
  }

  #read(answer: Awaited<ReturnType<Post>>): Message {
    const { httpStatus, contentType, bytes } = answer;
    if (httpStatus === HTTP.wrongType)
      throw new ClientFailure("version", "The server does not take this encoding (HTTP 415).");
    if (httpStatus !== HTTP.ok) {
      const isFirst = this.#state.msgId === 1 && httpStatus < HTTP.first5xx;
      const code = VERSION_REFUSED.has(httpStatus) && isFirst ? "version" : "server";
      throw new ClientFailure(code, `The server answered HTTP ${String(httpStatus)}.`);
    }
    try {
      return decodeMessage(bytes, contentType, DEFAULT_DECODE_LIMITS).message;
    } catch (cause) {
      if (!(cause instanceof SyncmlError)) throw cause;
      throw new ClientFailure("server", `The server's answer cannot be read: ${cause.code}.`, {
        cause,
      });
    }
  }
}

/** @throws ClientFailure for a Status of our header that ends the session; 401 and 407 are the caller's */
export function expectGoingOn(status: StatusCommand | undefined): void {
  const code = status?.code ?? HTTP.ok;
  if (code < 300 || code === 401 || code === 407) return;
  if (VERSION_REFUSED.has(code))
    throw new ClientFailure("version", `The server does not speak this version (${String(code)}).`);
  throw new ClientFailure("server", `The server ended the session with Status ${String(code)}.`);
}
