import { createHmac, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "../config/limits.ts";
import { hashPassword, verifyPassword } from "./password-hash.ts";

const WINDOW_MS = 60_000;
const FIRST_DELAY_MS = 100;

/**
 * Checks passwords against their stored hashes. A password that was right is remembered (as an HMAC under a key of this
 * process), so that a device's next sessions do not pay for scrypt again; a changed hash makes it unknown by itself.
 * Guessing is slowed by delays that grow with each wrong password of one user; nobody is locked out.
 */
export class PasswordCheck {
  readonly #now: () => number;
  readonly #memoryKey = randomBytes(32);
  readonly #remembered = new Set<string>();
  readonly #wrong = new Map<string, { count: number; sinceMs: number }>();
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param stored undefined for an unknown user, which takes as long as a wrong password */
  async check(user: string, password: string, stored: string | undefined): Promise<boolean> {
    const digest = this.#digest(user, password, stored ?? "");
    if (this.#remembered.has(digest)) return true;
    const matches = await this.#verify(password, stored);
    if (matches && stored !== undefined) {
      this.#remember(digest);
      return true;
    }
    await sleep(this.#delayMs(user), undefined, { ref: false });
    return false;
  }

  /** scrypt in turns: a flood of guesses must not take all cores and memory. */
  async #verify(password: string, stored: string | undefined): Promise<boolean> {
    if (this.#running >= LIMITS.parallelPasswordChecks) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      this.#decoy ??= hashPassword(randomBytes(16).toString("hex"));
      return await verifyPassword(password, stored ?? (await this.#decoy));
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #remember(digest: string): void {
    if (this.#remembered.size >= LIMITS.rememberedPasswords) this.#remembered.clear();
    this.#remembered.add(digest);
  }

  #delayMs(user: string): number {
    const nowMs = this.#now();
    if (this.#wrong.size >= LIMITS.rememberedPasswords) this.#wrong.clear();
    const seen = this.#wrong.get(user);
    const isFresh = seen !== undefined && nowMs - seen.sinceMs < WINDOW_MS;
    const entry = isFresh ? seen : { count: 0, sinceMs: nowMs };
    entry.count += 1;
    this.#wrong.set(user, entry);
    const excess = entry.count - LIMITS.freeWrongPasswords;
    if (excess <= 0) return 0;
    return Math.min(FIRST_DELAY_MS * 2 ** Math.min(excess, 10), LIMITS.wrongPasswordDelayMs);
  }

  #digest(user: string, password: string, stored: string): string {
    const mac = createHmac("sha256", this.#memoryKey);
    for (const part of [user, stored, password]) mac.update(`${String(part.length)}:${part}`);
    return mac.digest("base64");
  }
}
