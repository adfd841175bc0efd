import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { concatBytes } from "../apdu/bytes.ts";
import type { CardBackup } from "./backup.ts";
import { decodeContent, encodeContent } from "./backup-content.ts";

const MAGIC = new TextEncoder().encode("DB1BACK");
const VERSION = 1;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** magic(7) version(1) log2 of scrypt's N(1) salt(16) nonce(12); all of it is authenticated. */
const HEADER_BYTES = MAGIC.length + 2 + SALT_BYTES + NONCE_BYTES;

/** scrypt's N as a power of two: 128 MB and half a second. Source: OWASP Password Storage Cheat Sheet, N=2^17, r=8, p=1. */
const COST = 17;
/** A file may not make us spend more than four times that. */
const COST_RANGE = { min: 10, max: 19 } as const;
const BLOCK_SIZE = 8;

/** A wrong pass phrase and a damaged file look the same. */
export type OpenedBackup =
  | { readonly type: "opened"; readonly backup: CardBackup }
  | { readonly type: "notABackup" }
  | { readonly type: "newerVersion" }
  | { readonly type: "wrongPassphraseOrDamaged" };

/**
 * Seals a backup with AES-256-GCM under a key that scrypt makes of the pass phrase.
 * @param cost log2 of scrypt's N, 10 to 19
 */
export const sealBackup = async (
  backup: CardBackup,
  passphrase: string,
  cost: number = COST,
): Promise<Uint8Array> => {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const header = concatBytes(MAGIC, Uint8Array.of(VERSION, cost), salt, nonce);
  const cipher = createCipheriv("aes-256-gcm", await deriveKey(passphrase, salt, cost), nonce);
  cipher.setAAD(header);
  const sealed = concatBytes(cipher.update(encodeContent(backup)), cipher.final());
  return concatBytes(header, sealed, cipher.getAuthTag());
};

/** Total: any bytes and any pass phrase have an answer. */
export const openBackup = async (file: Uint8Array, passphrase: string): Promise<OpenedBackup> => {
  const isOurs = MAGIC.every((byte, at) => file[at] === byte);
  if (!isOurs || file.length < HEADER_BYTES + TAG_BYTES) return { type: "notABackup" };
  if (file[MAGIC.length] !== VERSION) return { type: "newerVersion" };
  const cost = file[MAGIC.length + 1] ?? 0;
  if (cost < COST_RANGE.min || cost > COST_RANGE.max) return { type: "wrongPassphraseOrDamaged" };
  const plain = await unseal(file, passphrase, cost);
  const backup = plain && decodeContent(plain);
  return backup ? { type: "opened", backup } : { type: "wrongPassphraseOrDamaged" };
};

/** @returns undefined where the bytes are not those that were sealed with this pass phrase */
const unseal = async (
  file: Uint8Array,
  passphrase: string,
  cost: number,
): Promise<Uint8Array | undefined> => {
  const header = file.subarray(0, HEADER_BYTES);
  const salt = header.subarray(MAGIC.length + 2, MAGIC.length + 2 + SALT_BYTES);
  const nonce = header.subarray(-NONCE_BYTES);
  const key = await deriveKey(passphrase, salt, cost);
  const cipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(header);
  cipher.setAuthTag(file.subarray(-TAG_BYTES));
  const sealed = file.subarray(HEADER_BYTES, -TAG_BYTES);
  try {
    return concatBytes(cipher.update(sealed), cipher.final());
  } catch {
    return undefined;
  }
};

const deriveKey = (passphrase: string, salt: Uint8Array, cost: number): Promise<Uint8Array> => {
  const n = 2 ** cost;
  const options = { N: n, r: BLOCK_SIZE, p: 1, maxmem: 2 * 128 * n * BLOCK_SIZE };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFC"), salt, KEY_BYTES, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
};
