import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { ClientFailure, type Post } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";

export interface HttpPostOptions {
  /** Certificate authorities in PEM, in place of the system's. */
  readonly ca?: string;
  /** Between tries, ms. Default: {@link LIMITS}. */
  readonly pausesMs?: readonly number[];
}

type Request = Parameters<Post>[0];
type Answer = Awaited<ReturnType<Post>>;

/**
 * Carries messages by HTTP. What was not answered is sent again, the same bytes: a server knows it by its MsgID.
 * Redirects are not followed: the password would go to somebody else.
 */
export function httpPost({ ca, pausesMs = LIMITS.peerResendPausesMs }: HttpPostOptions = {}): Post {
  return async (request, signal) => {
    for (const pauseMs of pausesMs) {
      try {
        return await postOnce(request, { ca, signal });
      } catch (error) {
        if (!isWorthAnotherTry(error) || signal?.aborted === true) throw asFailure(error, signal);
        await sleep(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(
          () => undefined,
        );
      }
    }
    return postOnce(request, { ca, signal }).catch((error: unknown) => {
      throw asFailure(error, signal);
    });
  };
}

/** Whoever refuses a certificate, or answers too much, does so again. */
const FOR_GOOD: ReadonlySet<string> = new Set(["ERR_TOO_LARGE", "ENOTFOUND"]);

function isWorthAnotherTry(error: unknown): boolean {
  const code = codeOf(error);
  return !FOR_GOOD.has(code) && !code.includes("CERT") && !code.includes("TLS");
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

function asFailure(error: unknown, signal: AbortSignal | undefined): ClientFailure {
  if (signal?.aborted === true) return new ClientFailure("stopped", "The sync was stopped.");
  const code = codeOf(error);
  const sentence = `The server cannot be reached${code === "" ? "" : ` (${code})`}.`;
  return new ClientFailure("network", sentence, { cause: error });
}

function postOnce(
  { url, bytes, contentType }: Request,
  { ca, signal }: { readonly ca: string | undefined; readonly signal: AbortSignal | undefined },
): Promise<Answer> {
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: "POST",
      headers: {
        "content-type": contentType,
        "content-length": bytes.length,
        accept: "application/vnd.syncml+wbxml, application/vnd.syncml+xml",
        "accept-encoding": "gzip",
        "user-agent": "cardsync",
      },
      timeout: LIMITS.peerAnswerMs,
      ...(ca === undefined ? {} : { ca }),
      ...(signal === undefined ? {} : { signal }),
    });
    request.on("response", (response) => {
      read(response).then(resolve, reject);
    });
    request.on("timeout", () => request.destroy(coded("ETIMEDOUT")));
    request.on("error", reject);
    request.end(bytes);
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const isZipped = response.headers["content-encoding"] === "gzip";
  const stream = isZipped ? response.pipe(createGunzip()) : response;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LIMITS.peerAnswerBytes) {
      response.destroy();
      throw coded("ERR_TOO_LARGE");
    }
    chunks.push(chunk);
  }
  return {
    httpStatus: response.statusCode ?? 0,
    contentType: response.headers["content-type"],
    bytes: Buffer.concat(chunks),
  };
}

const coded = (code: string): Error => Object.assign(new Error(code), { code });
