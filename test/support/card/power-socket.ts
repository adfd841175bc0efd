import { CardError } from "../../../card/errors.ts";
import type { Transport } from "../../../card/transport/transport.ts";
import type { CuttableCard } from "./cuttable-card.ts";

/**
 * Where a card gets its power: each connection powers it up, and is lost for good with a cut. A card that
 * stays away is pulled when its power goes and is not there until {@link putIn}.
 */
export class PowerSocket {
  /** Whether a card stays away once its power has gone. */
  staysAway = false;
  readonly #card: CuttableCard;
  #isOut = false;

  constructor(card: CuttableCard) {
    this.#card = card;
  }

  /** @throws CardError CARD_ABSENT while the card is away */
  async connect(): Promise<Transport> {
    if (this.#isOut) throw new CardError("CARD_ABSENT", "the card is pulled");
    await this.#card.reset();
    let isLost = false;
    return {
      transmit: async (command) => {
        if (isLost) throw new CardError("CARD_READER_LOST", "the connection is lost");
        try {
          return await this.#card.transmit(command);
        } catch (error) {
          isLost = true;
          this.#isOut = this.staysAway;
          throw error;
        }
      },
      reset: () => this.#card.reset(),
      close: () => this.#card.close(),
    };
  }

  putIn(): void {
    this.#isOut = false;
  }
}
