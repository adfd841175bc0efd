import { createHash } from "node:crypto";

/** Name of the transport header, in lower case as HTTP servers give it. */
export const HMAC_HEADER = "x-syncml-hmac";

/** What the header says. `mac` is base64 of 16 bytes. */
export interface HmacHeader {
  readonly user: string;
  readonly mac: string;
}

/** More than names and digests can be long together. */
const MAX_LENGTH = 1024;
const PARAMETER = /(?:^|,)\s*([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))\s*(?=,|$)/giy;

/**
 * Reads `algorithm=MD5, username="…", mac=…`, in any order; MD5 is what a missing algorithm means, and the only one there is.
 * @returns undefined where it says something else
 * @see OMA Device Management Security 1.2, 5.4.3; RFC 2616 2.2 for quoted-string
 */
export function parseHmacHeader(value: string): HmacHeader | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  const fields = new Map<string, string>();
  let end = 0;
  for (const match of value.matchAll(PARAMETER)) {
    const [whole, name = "", quoted, plain = ""] = match;
    fields.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1"));
    end = match.index + whole.length;
  }
  const [algorithm, user, mac] = [
    fields.get("algorithm"),
    fields.get("username"),
    fields.get("mac"),
  ];
  const isRead = end === value.length && (algorithm ?? "MD5").toUpperCase() === "MD5";
  // HTTP headers are bytes; names are UTF-8, as they are in the digest.
  return isRead && user !== undefined && mac !== undefined
    ? { user: Buffer.from(user, "latin1").toString("utf8"), mac }
    : undefined;
}

/** The inverse of {@link parseHmacHeader}; bytes of UTF-8 as latin1, as HTTP libraries want them. */
export function formatHmacHeader({ user, mac }: HmacHeader): string {
  const name = Buffer.from(user, "utf8").toString("latin1").replace(/["\\]/g, "\\$&");
  return `algorithm=MD5, username="${name}", mac=${mac}`;
}

/**
 * B64(H(B64(H(user:password)):nonce:B64(H(body)))), H being MD5.
 * @param secret B64(MD5(user:password))  @param nonce the octets  @param body of the transport: the message as it is sent
 * @see OMA Device Management Security 1.2, 5.4.2
 */
export function hmacOf(secret: string, nonce: Uint8Array, body: Uint8Array): string {
  const ofBody = createHash("md5").update(body).digest("base64");
  return createHash("md5").update(`${secret}:`).update(nonce).update(`:${ofBody}`).digest("base64");
}
