/** Random numbers that a seed repeats: fast, and good enough for tests. Algorithm: mulberry32, which is in the public domain. */
export class Dice {
  #state: number;

  /** @param seed 32 bits count */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** @returns a whole number from 0 to below `limit`, which is at least 1 */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  /** @param share from 0, never, to 1, always */
  isLucky(share: number): boolean {
    return this.#next() < share;
  }

  /** @param from not empty */
  pick<Value>(from: readonly Value[]): Value {
    const found = from[this.below(from.length)];
    if (found === undefined) throw new RangeError("nothing to pick from");
    return found;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
}
