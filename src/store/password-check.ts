import { createHmac, randomBytes } from "node:crypto";
import { SyncmlError } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import { hashPassword, verifyPassword } from "./password-hash.ts";

/**
 * Checks passwords against their stored hashes. A password that was right is remembered (as an HMAC under a key of this
 * process), so that a device's next sessions do not pay for scrypt again; a changed hash makes it unknown by itself.
 */
export class PasswordCheck {
  readonly #memoryKey = randomBytes(32);
  /** The youngest stand last. */
  readonly #remembered = new Set<string>();
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  /**
   * @param stored undefined for an unknown user, which takes as long as a wrong password
   * @throws SyncmlError SYNCML_OVERLOADED where too many checks wait
   */
  async check(user: string, password: string, stored: string | undefined): Promise<boolean> {
    const digest = this.#digest(user, password, stored ?? "");
    if (this.#remembered.has(digest)) return true;
    const matches = await this.#verify(password, stored);
    if (!matches || stored === undefined) return false;
    this.#remember(digest);
    return true;
  }

  /** scrypt in turns: a flood of guesses must not take all cores and memory. */
  async #verify(password: string, stored: string | undefined): Promise<boolean> {
    await this.#begin();
    try {
      this.#decoy ??= hashPassword(randomBytes(16).toString("hex"));
      return await verifyPassword(password, stored ?? (await this.#decoy));
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #begin(): Promise<void> {
    if (this.#waiting.length >= LIMITS.waitingPasswordChecks)
      throw new SyncmlError("SYNCML_OVERLOADED", "too many password checks", { fault: "local" });
    if (this.#running < LIMITS.parallelPasswordChecks) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #remember(digest: string): void {
    this.#remembered.add(digest);
    const [oldest] = this.#remembered;
    if (this.#remembered.size > LIMITS.rememberedPasswords && oldest !== undefined)
      this.#remembered.delete(oldest);
  }

  #digest(user: string, password: string, stored: string): string {
    const mac = createHmac("sha256", this.#memoryKey);
    for (const part of [user, stored, password]) mac.update(`${String(part.length)}:${part}`);
    return mac.digest("base64");
  }
}
