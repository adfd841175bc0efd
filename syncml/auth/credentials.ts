import { createHash, timingSafeEqual } from "node:crypto";
import type { Chal, Cred, SyncmlVersion } from "../model/message.ts";

/** Types of credentials as Cred and Chal name them; that of HMAC stands in challenges only. */
export const AUTH_TYPES = {
  basic: "syncml:auth-basic",
  md5: "syncml:auth-md5",
  hmac: "syncml:auth-MAC",
} as const;
export type AuthType = keyof typeof AUTH_TYPES;

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
  const type = cred.meta?.type === undefined ? "basic" : authTypeOf(cred.meta.type);
  const { data } = cred;
  if (type === "basic" && data.type === "text") return readBasic(data.text);
  if (type !== "md5") return { type: "unknown" };
  if (data.type === "bytes" && data.bytes.length === DIGEST_BYTES)
    return { type: "md5", digest: Buffer.from(data.bytes).toString("base64") };
  return data.type === "text" ? { type: "md5", digest: data.text.trim() } : { type: "unknown" };
}

/** @returns undefined for a type that is none of SyncML's; devices write them in either case */
export function authTypeOf(name: string): AuthType | undefined {
  const found = Object.entries(AUTH_TYPES).find(
    ([, type]) => type.toLowerCase() === name.trim().toLowerCase(),
  );
  return found?.[0] as AuthType | undefined;
}

function readBasic(base64: string): Credentials {
  const text = Buffer.from(base64.trim(), "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return { type: "unknown" };
  return { type: "basic", user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** B64(MD5(user:password)): what the digests of 1.1 and later, and HMAC, are made of. */
export const md5Secret = (user: string, password: string): string =>
  createHash("md5").update(`${user}:${password}`, "utf8").digest("base64");

/**
 * The digest that a client of SyncML 1.1 or later sends.
 * @param secret that of {@link md5Secret}
 * @param nonce the octets, not their base64
 * @see SyncML Representation Protocol 1.1, "MD5 digest"
 */
export function md5Digest(secret: string, nonce: Uint8Array): string {
  return createHash("md5").update(`${secret}:`).update(nonce).digest("base64");
}

/** The digest of SyncML 1.0: of name, password and nonce at once. @see SyncML Representation Protocol 1.0, "Cred" */
export function md5DigestOf10(user: string, password: string, nonce: Uint8Array): string {
  return createHash("md5").update(`${user}:${password}:`, "utf8").update(nonce).digest("base64");
}

/** What a peer wants of us: the type, and its nonce in base64, empty where it gave none. */
export interface OwnChal {
  readonly type: AuthType;
  readonly nonce: string;
}

/** Our own credentials for a peer that asked for them. @param nonce empty where the peer gave none */
export function ownCred(
  type: Exclude<AuthType, "hmac">,
  own: { readonly name: string; readonly password: string },
  { version, nonce }: { readonly version: SyncmlVersion; readonly nonce: Uint8Array },
): Cred {
  const { name, password } = own;
  const text =
    type === "basic"
      ? Buffer.from(`${name}:${password}`, "utf8").toString("base64")
      : version === "1.0"
        ? md5DigestOf10(name, password, nonce)
        : md5Digest(md5Secret(name, password), nonce);
  return { meta: { type: AUTH_TYPES[type], format: "b64" }, data: { type: "text", text } };
}

/** Compares without telling by time how much is right. */
export function isSameDigest(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** A challenge for the next message or session. @param nonce for MD5 and HMAC */
export function challenge(type: AuthType, nonce?: Uint8Array): Chal {
  return {
    meta: {
      type: AUTH_TYPES[type],
      format: "b64",
      ...(nonce === undefined ? {} : { nextNonce: Buffer.from(nonce).toString("base64") }),
    },
  };
}
