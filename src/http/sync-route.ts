import type { Request, RequestHandler } from "express";
import { HMAC_HEADER } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import { HttpError } from "./error-answer.ts";

/** One SyncML message in, one out: the part of syncml's server that HTTP needs. */
export interface SyncHandler {
  handle(request: SyncRequest): Promise<SyncReply>;
}

export interface SyncRequest {
  readonly bytes: Uint8Array;
  /** As the peer wrote it, parameters included. */
  readonly contentType: string;
  /** The value of x-syncml-hmac. */
  readonly hmac?: string;
  /** From `?s=`, the query that our RespURI carries. */
  readonly token?: string;
  /** From `/syncml/CARD-LABEL`, decoded. */
  readonly cardLabel?: string;
  /** From `/syncml/~ALIAS` or `/syncml/CARD-LABEL/~ALIAS`, decoded, without the tilde. */
  readonly alias?: string;
  /** This very endpoint as the peer reaches it, with the card label, without a query. */
  readonly baseUrl: string;
  readonly remoteAddress: string;
}

export interface SyncReply {
  readonly httpStatus: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** The value of x-syncml-hmac. */
  readonly hmac?: string;
}

const OVERLOADED = 503;
const RETRY_AFTER_SECONDS = "10";

/** Hands a POST to the SyncML server and its reply back. Replies are never cached: they hold personal data. */
export function syncRoute(
  sync: SyncHandler,
  ownOrigin: (request: Request) => string,
): RequestHandler {
  return async (request, response) => {
    const reply = await sync.handle(toSyncRequest(request, ownOrigin(request)));
    if (reply.httpStatus === OVERLOADED) response.set("Retry-After", RETRY_AFTER_SECONDS);
    response.status(reply.httpStatus).set("Cache-Control", "no-store");
    // Not express's own set(): it adds a charset parameter, which WBXML has none of and old phones trip over.
    response.setHeader("Content-Type", reply.contentType);
    response.setHeader("Content-Length", reply.bytes.length);
    if (reply.hmac !== undefined) response.setHeader(HMAC_HEADER, reply.hmac);
    response.end(reply.bytes);
  };
}

function toSyncRequest(request: Request, origin: string): SyncRequest {
  const token: unknown = request.query["s"];
  const { cardLabel, alias } = pathParts(request);
  const body: unknown = request.body;
  const hmac = request.get(HMAC_HEADER);
  return {
    bytes: body instanceof Uint8Array ? body : new Uint8Array(),
    contentType: request.get("content-type") ?? "",
    ...(hmac === undefined ? {} : { hmac }),
    ...(token === undefined ? {} : { token: urlPart(token) }),
    ...(cardLabel === undefined ? {} : { cardLabel }),
    ...(alias === undefined ? {} : { alias }),
    baseUrl: origin + request.path.replace(/\/+$/, ""),
    remoteAddress: request.ip ?? "",
  };
}

const ALIAS_SIGN = "~";

/** What begins with a tilde says what the device is; the other part is a card's label. */
function pathParts({ params }: Request): { readonly cardLabel?: string; readonly alias?: string } {
  const parts = [params["card"], params["alias"]].filter((part) => part !== undefined).map(urlPart);
  const isAlias = (part: string): boolean => part.startsWith(ALIAS_SIGN);
  const [cardLabel, ...others] = parts.filter((part) => !isAlias(part));
  if (others.length > 0) throw new HttpError(404, "There is nothing here.");
  const alias = parts.find(isAlias)?.slice(ALIAS_SIGN.length);
  return {
    ...(cardLabel === undefined ? {} : { cardLabel }),
    ...(alias === undefined ? {} : { alias }),
  };
}

function urlPart(value: unknown): string {
  if (typeof value === "string" && value.length <= LIMITS.urlPartLength) return value;
  throw new HttpError(400, "The address makes no sense.");
}
