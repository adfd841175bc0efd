import { setTimeout as sleep } from "node:timers/promises";
import { type Attempt, SyncmlError } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import { networkOf } from "./network-of.ts";

const FIRST_DELAY_MS = 200;

/** Wrong tries of late, and when the next may be looked at. */
interface Lane {
  wrong: number;
  lastMs: number;
  freeAtMs: number;
}

/** Where the throttle takes time from. */
export interface ThrottleTime {
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

const realTime = (now: () => number): ThrottleTime => ({
  now,
  sleep: (ms) => sleep(ms, undefined, { ref: false }),
});

/**
 * Slows guessing. Credentials are looked at one after another in lanes, one for each network (an IPv4 address, a /64 of
 * IPv6), and in each lane the later the more wrong ones came of late from there or for that user: firing many at once
 * gains nothing. A device that was let in before has a lane of its own for each network, which no other's wrong tries
 * make slower; and a device that was not waits for seconds at most, however many guess from elsewhere: the owner gets in.
 */
export class GuessThrottle {
  readonly #time: ThrottleTime;
  /** The youngest stand last. */
  readonly #lanes = new Map<string, Lane>();
  readonly #known = new Set<string>();

  constructor(now: () => number, time: ThrottleTime = realTime(now)) {
    this.#time = time;
  }

  /** @throws SyncmlError SYNCML_OVERLOADED where too many wait in the lane already */
  async admit(attempt: Attempt): Promise<void> {
    const nowMs = this.#time.now();
    const lane = this.#lane(this.#laneKey(attempt));
    const delayMs = Math.max(delayAfter(lane.wrong), this.#userDelayMs(attempt));
    if (delayMs === 0) return;
    const startMs = Math.max(nowMs, lane.freeAtMs) + delayMs;
    if (startMs - nowMs > LIMITS.longestGuessWaitMs)
      throw new SyncmlError("SYNCML_OVERLOADED", "too many tries", { fault: "local" });
    lane.freeAtMs = startMs;
    await this.#time.sleep(startMs - nowMs);
  }

  noteCheck(attempt: Attempt, isRight: boolean): void {
    if (isRight) {
      this.#remember(attempt);
      return;
    }
    for (const key of [this.#laneKey(attempt), userKey(attempt)]) {
      const lane = this.#lane(key);
      lane.wrong += 1;
      lane.lastMs = this.#time.now();
    }
  }

  #userDelayMs(attempt: Attempt): number {
    return this.#known.has(deviceKey(attempt)) ? 0 : delayAfter(this.#lane(userKey(attempt)).wrong);
  }

  #laneKey(attempt: Attempt): string {
    const network = `from ${networkOf(attempt.remoteAddress)}`;
    const key = deviceKey(attempt);
    return this.#known.has(key) ? `${network} ${key}` : network;
  }

  /** Wrong tries are forgotten when there was none for a while; where there are too many lanes the oldest goes. */
  #lane(key: string): Lane {
    const nowMs = this.#time.now();
    const found = this.#lanes.get(key);
    const isOld = found !== undefined && nowMs - found.lastMs > LIMITS.guessMemoryMs;
    const lane =
      found === undefined || isOld ? { wrong: 0, lastMs: nowMs, freeAtMs: nowMs } : found;
    this.#lanes.delete(key);
    this.#lanes.set(key, lane);
    const [oldest] = this.#lanes.keys();
    if (this.#lanes.size > LIMITS.guessLanes && oldest !== undefined) this.#lanes.delete(oldest);
    return lane;
  }

  #remember(attempt: Attempt): void {
    const key = deviceKey(attempt);
    this.#known.delete(key);
    this.#known.add(key);
    const [oldest] = this.#known;
    if (this.#known.size > LIMITS.guessLanes && oldest !== undefined) this.#known.delete(oldest);
  }
}

const userKey = ({ user }: Attempt): string => `user ${user}`;

const deviceKey = ({ user, deviceId }: Attempt): string => JSON.stringify([user, deviceId]);

function delayAfter(wrong: number): number {
  const excess = wrong - LIMITS.freeWrongPasswords;
  if (excess < 0) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(excess, 10), LIMITS.wrongPasswordDelayMs);
}
