import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../../src/config/limits.ts";
import { GuessThrottle } from "../../../../src/store/guess-throttle.ts";

/** Time stands still but for who waits: what a try had to wait is what it slept. */
class Gate {
  nowMs = 0;
  readonly throttle = new GuessThrottle(() => this.nowMs, {
    now: () => this.nowMs,
    sleep: (ms) => {
      this.#waited = ms;
      return Promise.resolve();
    },
  });
  #waited = 0;

  /** @returns how long a try had to wait, ms, or `refused` */
  async try(
    user: string,
    from: string,
    more: { device?: string; isRight?: boolean } = {},
  ): Promise<number | "refused"> {
    const { device = "phone", isRight = false } = more;
    const attempt = { user, deviceId: device, remoteAddress: from };
    this.#waited = 0;
    try {
      await this.throttle.admit(attempt);
    } catch {
      return "refused";
    }
    this.throttle.noteCheck(attempt, isRight);
    return this.#waited;
  }

  async tries(
    count: number,
    user: string,
    from: (at: number) => string,
  ): Promise<(number | "refused")[]> {
    const waits: (number | "refused")[] = [];
    for (let at = 0; at < count; at += 1)
      waits.push(await this.try(user, from(at), { device: "guess" }));
    return waits;
  }
}

const EVIL = "6.6.6.6";

describe("threat 7: guessing", () => {
  it("from one address gets slower, one after another, and is refused in the end", async () => {
    const waits = await new Gate().tries(1000, "ada", () => EVIL);
    expect(waits.slice(0, 9)).toEqual([0, 0, 0, 0, 0, 200, 600, 1400, 3000]);
    expect(waits.filter((each) => each !== "refused").length).toBeLessThan(20);
    for (const each of waits)
      if (each !== "refused") expect(each).toBeLessThanOrEqual(LIMITS.longestGuessWaitMs);
  });

  it("goes on at the slowest pace, never faster", async () => {
    const gate = new Gate();
    await gate.tries(100, "ada", () => EVIL);
    gate.nowMs += 60_000;
    const looked = (await gate.tries(100, "ada", () => EVIL)).filter((each) => each !== "refused");
    expect(looked).toHaveLength(LIMITS.longestGuessWaitMs / LIMITS.wrongPasswordDelayMs);
  });

  it("at many users from one address is slowed just so", async () => {
    const gate = new Gate();
    for (let at = 0; at < 20; at += 1) await gate.try(`user-${String(at)}`, EVIL);
    expect(await gate.try("ada", EVIL)).not.toBe(0);
  });

  it("from a thousand addresses each waits, but the owner is never shut out", async () => {
    const gate = new Gate();
    await gate.try("ada", "10.0.0.1", { isRight: true });
    const waits = await gate.tries(
      1000,
      "ada",
      (at) => `7.7.${String(at >> 8)}.${String(at & 255)}`,
    );
    expect(waits.slice(20).every((each) => each === LIMITS.wrongPasswordDelayMs)).toBe(true);
    // The device that was let in before waits for nothing, wherever it is now; a new one for seconds.
    expect(await gate.try("ada", "10.0.0.1", { isRight: true })).toBe(0);
    expect(await gate.try("ada", "10.9.9.9", { isRight: true })).toBe(0);
    expect(await gate.try("ada", "10.0.0.2", { device: "new", isRight: true })).toBe(
      LIMITS.wrongPasswordDelayMs,
    );
  });

  it("from behind the owner's own address makes only new devices wait", async () => {
    const gate = new Gate();
    await gate.try("ada", EVIL, { isRight: true });
    await gate.tries(100, "ada", () => EVIL);
    expect(await gate.try("ada", EVIL, { isRight: true })).toBe(0);
    expect(await gate.try("ada", EVIL, { device: "new" })).toBe("refused");
  });

  it("is forgotten after a while", async () => {
    const gate = new Gate();
    await gate.tries(100, "ada", () => EVIL);
    gate.nowMs += LIMITS.guessMemoryMs + 1;
    expect(await gate.try("ada", EVIL)).toBe(0);
  });

  it("within one network of IPv6 is guessing from one address", async () => {
    const gate = new Gate();
    await gate.tries(20, "ada", (at) => `2001:db8:1:2::${at.toString(16)}`);
    expect(await gate.try("bob", "2001:db8:1:2:ffff::1")).not.toBe(0);
    expect(await gate.try("bob", "2001:db8:1:3::1")).toBe(0);
  });

  it("is remembered in bounded memory: names that nobody has push out the oldest", async () => {
    const gate = new Gate();
    await gate.tries(20, "ada", () => EVIL);
    for (let at = 0; at < LIMITS.guessLanes; at += 1)
      await gate.try(`u${String(at)}`, `a${String(at)}`);
    expect(await gate.try("ada", EVIL)).toBe(0);
  });
});
