import { createHash, timingSafeEqual } from "node:crypto";
import type { Chal, Cred } from "../model/message.ts";

export const AUTH_TYPES = { basic: "syncml:auth-basic", md5: "syncml:auth-md5" } as const;
export type AuthType = (typeof AUTH_TYPES)[keyof typeof AUTH_TYPES];

/** What a Cred element says, before anything is checked. `digest` is base64 of 16 bytes. */
export type Credentials =
  | { readonly type: "basic"; readonly user: string; readonly password: string }
  | { readonly type: "md5"; readonly digest: string }
  | { readonly type: "unknown" };

const DIGEST_BYTES = 16;

/**
 * Reads a Cred. A missing Format is taken for b64, a raw digest (WBXML) for what it is.
 * @see SyncML Representation Protocol 1.1, "Cred"; Bruce2 and OhBehave are its examples
 */
export function readCredentials(cred: Cred): Credentials {
  const type = (cred.meta?.type ?? AUTH_TYPES.basic).toLowerCase();
  const { data } = cred;
  if (type === AUTH_TYPES.basic && data.type === "text") return readBasic(data.text);
  if (type !== AUTH_TYPES.md5) return { type: "unknown" };
  if (data.type === "bytes" && data.bytes.length === DIGEST_BYTES)
    return { type: "md5", digest: Buffer.from(data.bytes).toString("base64") };
  return data.type === "text" ? { type: "md5", digest: data.text.trim() } : { type: "unknown" };
}

function readBasic(base64: string): Credentials {
  const text = Buffer.from(base64.trim(), "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return { type: "unknown" };
  return { type: "basic", user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * The digest that a client of SyncML 1.1 or later sends.
 * @param secret B64(MD5(user:password)), which 1.1 and later hash. 1.0 hashes the password itself, which is not kept; it
 * is checked in this form too, since devices that say 1.0 were found to use either
 * @param nonce the octets, not their base64
 * @see SyncML Representation Protocol 1.1, "MD5 digest"
 */
export function md5Digest(secret: string, nonce: Uint8Array): string {
  return createHash("md5").update(`${secret}:`).update(nonce).digest("base64");
}

/** Compares without telling by time how much is right. */
export function isSameDigest(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** A challenge for the next message or session. @param nonce only for MD5 */
export function challenge(type: AuthType, nonce?: Uint8Array): Chal {
  return {
    meta: {
      type,
      format: "b64",
      ...(nonce === undefined ? {} : { nextNonce: Buffer.from(nonce).toString("base64") }),
    },
  };
}
