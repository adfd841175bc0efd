import { CardError } from "../../../card/errors.ts";
import type { Transport } from "../../../card/transport/transport.ts";
import type { RandomSource } from "../../../card/virtual/secret-cell.ts";
import { VirtualCard } from "../../../card/virtual/virtual-card.ts";
import { PowerCut, type CuttableNvm } from "./cuttable-nvm.ts";

/**
 * A virtual card whose power goes with a cut of its memory: until the next {@link reset} it answers nothing. A reset
 * begins with nothing but the memory, and may be cut off, too.
 */
export class CuttableCard implements Transport {
  readonly nvm: CuttableNvm;
  readonly #random: RandomSource;
  #card: VirtualCard | undefined;

  constructor(nvm: CuttableNvm, random: RandomSource) {
    this.nvm = nvm;
    this.#random = random;
    this.#card = new VirtualCard(nvm, random);
  }

  /** @throws CardError CARD_READER_LOST while there is no power */
  transmit(command: Uint8Array): Promise<Uint8Array> {
    return this.#run(() => {
      if (!this.#card) throw new PowerCut();
      return this.#card.transmit(command);
    });
  }

  reset(): Promise<void> {
    this.#card = undefined;
    return this.#run(() => {
      this.#card = new VirtualCard(this.nvm, this.#random);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #run<Result>(work: () => Result): Promise<Result> {
    try {
      return await Promise.resolve().then(work);
    } catch (cause) {
      if (!(cause instanceof PowerCut)) throw cause;
      this.#card = undefined;
      throw new CardError("CARD_READER_LOST", "the card has no power", { cause });
    }
  }
}
