import { toHex } from "../../../../card/apdu/bytes.ts";
import { formatCard } from "../../../../card/virtual/format-card.ts";
import { VirtualCard } from "../../../../card/virtual/virtual-card.ts";
import { countingRandom, PIN, PUK, text } from "../virtual.ts";
import { expectCardAfterwards, expectNoLeak } from "./aftermath.ts";
import { Dice } from "./dice.ts";
import { drawCall, mutate, opening, unblocking, type Sender } from "./draw.ts";
import { Pool } from "./pool.ts";
import { WatchedNvm } from "./watched-nvm.ts";
import { Witness } from "./witness.ts";

const OWNERS_CALLS = 15;
const INTRUDERS_SHARE = 0.2;
const MUTATED_SHARE = 0.35;
const RETURNING_SHARE = 0.7;

/** What a run came to. */
export interface FuzzRun {
  readonly apdus: number;
  /** How often each status word was the answer: a fuzzer that only meets refusals tests nothing. */
  readonly words: ReadonlyMap<string, number>;
}

/**
 * One card, some right calls of its owner, then right and mutated ones, of its owner or of an intruder, with resets
 * and power cuts in between.
 * @param seed makes it again
 * @throws Error with the last commands, where the card breaks a rule
 */
export const fuzzCard = (seed: number, calls = 120): FuzzRun => {
  const run = new Run(new Dice(seed));
  try {
    return run.play(calls);
  } catch (cause) {
    const last = run.log.slice(-5).map(toHex).join("\n");
    throw new Error(`seed ${String(seed)}: ${String(cause)}\n${last}`, { cause });
  }
};

class Run {
  /** The commands so far. */
  readonly log: Uint8Array[] = [];
  readonly #dice: Dice;
  readonly #nvm: WatchedNvm;
  readonly #witness: Witness;
  readonly #pool = new Pool();
  readonly #words = new Map<string, number>();
  #lastWord = "";

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#nvm = new WatchedNvm(new Uint8Array(dice.pick([6, 8, 16]) * 1024));
    const random = countingRandom();
    const secrets = { pin: text(PIN), puk: text(PUK) };
    formatCard(this.#nvm, random, {
      ...secrets,
      headerCount: dice.pick([4, 12, 40]),
      peerCount: 16,
      initialCsn: dice.isLucky(0.05) ? 0xffff_ff00 - 1 - dice.below(60) : 0,
      isTransportPin: dice.isLucky(0.05),
    });
    this.#nvm.takeWrites();
    this.#witness = new Witness(new VirtualCard(this.#nvm, random), this.#nvm, secrets);
  }

  play(calls: number): FuzzRun {
    const dice = this.#dice;
    this.#sendAll(opening(this.#owner()));
    for (let n = 0; n < OWNERS_CALLS; n++) {
      this.#sendAll(drawCall(dice, this.#pool, this.#owner()));
    }
    const isIntruder = dice.isLucky(INTRUDERS_SHARE);
    if (isIntruder) this.#witness.reset();
    for (let n = 0; n < calls; n++) this.#step(isIntruder ? {} : this.#owner());
    expectNoLeak(this.#witness, this.#nvm);
    expectCardAfterwards(this.#witness, this.#nvm);
    return { apdus: this.log.length, words: this.#words };
  }

  #step(sender: Sender): void {
    const dice = this.#dice;
    if (dice.isLucky(0.01)) this.#witness.reset();
    if (dice.isLucky(0.01)) {
      const where = dice.pick(["before", "inside", "after"] as const);
      this.#nvm.cutAt({ atWrite: dice.below(6), where });
    }
    if (sender.pin && dice.isLucky(RETURNING_SHARE)) this.#sendAll(this.#returning(sender));
    const call = drawCall(dice, this.#pool, sender);
    this.#sendAll(dice.isLucky(MUTATED_SHARE) ? mutate(dice, call) : call);
  }

  /** An owner who is shut out comes in again, or nothing but refusals would be seen. */
  #returning(owner: Sender): readonly Uint8Array[] {
    if (this.#lastWord === "6983") return unblocking(owner);
    return this.#lastWord === "6e00" || this.#lastWord === "6982" ? opening(owner) : [];
  }

  #owner(): Sender {
    const pin = this.#witness.rightOne("pin");
    const puk = this.#witness.rightOne("puk");
    return { ...(pin && { pin }), ...(puk && { puk }) };
  }

  #sendAll(call: readonly Uint8Array[]): void {
    for (const command of call) {
      this.log.push(command);
      const answer = this.#witness.transmit(command);
      if (!answer) return;
      const word = toHex(answer.subarray(-2));
      this.#lastWord = word;
      this.#words.set(word, (this.#words.get(word) ?? 0) + 1);
      if (word === "9000" || word === "6310") this.#pool.learn(command, answer);
    }
  }
}
