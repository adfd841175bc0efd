import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { BridgeError } from "../errors.ts";

/** Length of a key, bytes. */
export const KEY_BYTES = 32;

const ALGORITHM = "aes-256-gcm";
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

/** Privacy at rest: what is sealed can be read, moved to another row or changed only with the key. */
export interface Cipher {
  /**
   * @param aad says where the bytes belong (table, column, row); the same is needed to open them
   * @returns version (1), nonce (12), ciphertext, tag (16)
   */
  seal(plain: Uint8Array, aad: string): Uint8Array;
  /** @throws BridgeError BRIDGE_STORE if the key or `aad` is another one, or the bytes were changed */
  open(sealed: Uint8Array, aad: string): Uint8Array;
}

/**
 * AES-256-GCM with a random nonce each time.
 * @param key 32 bytes
 * @see NIST SP 800-38D 8.3: random nonces are sound for 2^32 seals under one key
 */
export function createCipher(key: Uint8Array): Cipher {
  return {
    seal(plain, aad) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce);
      cipher.setAAD(Buffer.from(aad, "utf8"));
      const body = [cipher.update(plain), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat([Uint8Array.of(VERSION), nonce, ...body]);
    },
    open(sealed, aad) {
      if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw unreadable();
      const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(1, HEADER_BYTES));
      decipher.setAAD(Buffer.from(aad, "utf8"));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      const plain = decipher.update(sealed.subarray(HEADER_BYTES, -TAG_BYTES));
      try {
        return Buffer.concat([plain, decipher.final()]);
      } catch (cause) {
        throw unreadable(cause);
      }
    },
  };
}

const unreadable = (cause?: unknown): BridgeError =>
  new BridgeError("BRIDGE_STORE", "Stored data cannot be decrypted: is this the right key?", {
    cause,
  });
