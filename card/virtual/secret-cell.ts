import { createHash, timingSafeEqual } from "node:crypto";
import { concatBytes } from "../apdu/bytes.ts";
import type { Nvm } from "./nvm.ts";

/** Random bytes from the outside: never a generator's state that would be copied with the card. */
export type RandomSource = (length: number) => Uint8Array;

const SALT_AT = 4;
const SALT_BYTES = 12;
const HASH_AT = 16;
const HASH_BYTES = 32;
const TRIES_AT = 1;
const TRANSPORT = 0x40;

/**
 * A PIN or PUK in the memory: `flags(1) tries(1) limit(1) rfu(1) salt(12) hash(32)`. Salted and hashed so that the
 * secret itself stands in no file; a real card keeps it in the system's OwnerPIN.
 */
export class SecretCell {
  readonly #nvm: Nvm;
  readonly #address: number;
  readonly #random: RandomSource;

  constructor(nvm: Nvm, address: number, random: RandomSource) {
    this.#nvm = nvm;
    this.#address = address;
    this.#random = random;
  }

  get triesLeft(): number {
    return this.#byte(TRIES_AT);
  }

  /** Whether it is still the one that the card was shipped with. */
  get isTransport(): boolean {
    return (this.#byte(0) & TRANSPORT) !== 0;
  }

  /**
   * Compares, having counted the try before: a card torn between the two has lost a try and given none.
   * @returns false also where no try is left; nothing is compared then
   */
  check(secret: Uint8Array): boolean {
    const tries = this.triesLeft;
    if (tries === 0) return false;
    this.#writeTries(tries - 1);
    if (!timingSafeEqual(this.#hash(this.#salt(), secret), this.#storedHash())) return false;
    this.#writeTries(this.#byte(2));
    return true;
  }

  /** Puts a new secret with all its tries, in one write. */
  put(secret: Uint8Array, tries: number, isTransport = false): void {
    const salt = this.#random(SALT_BYTES);
    const head = Uint8Array.of(1 | (isTransport ? TRANSPORT : 0), tries, tries, 0);
    this.#nvm.write(this.#address, concatBytes(head, salt, this.#hash(salt, secret)), true);
  }

  #byte(offset: number): number {
    return this.#nvm.read(this.#address + offset, 1)[0] ?? 0;
  }

  #writeTries(tries: number): void {
    this.#nvm.write(this.#address + TRIES_AT, Uint8Array.of(tries), true);
  }

  #salt(): Uint8Array {
    return this.#nvm.read(this.#address + SALT_AT, SALT_BYTES);
  }

  #storedHash(): Uint8Array {
    return this.#nvm.read(this.#address + HASH_AT, HASH_BYTES);
  }

  #hash(salt: Uint8Array, secret: Uint8Array): Uint8Array {
    return createHash("sha256").update(salt).update(secret).digest();
  }
}
