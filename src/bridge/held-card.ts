import type { CardUuid, DatabaseId, Epoch, MediaKind, PimCard } from "../../card/index.ts";

export interface HeldDatabase {
  readonly id: DatabaseId;
  readonly media: MediaKind;
  readonly label: string;
}

/** A card that the service has opened and unlocked. Known by its uuid, never by its reader. */
export class HeldCard {
  readonly uuid: CardUuid;
  readonly epoch: Epoch;
  readonly databases: readonly HeldDatabase[];
  readonly #card: PimCard;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    card: PimCard,
    facts: {
      readonly uuid: CardUuid;
      readonly epoch: Epoch;
      readonly databases: readonly HeldDatabase[];
    },
  ) {
    this.#card = card;
    this.uuid = facts.uuid;
    this.epoch = facts.epoch;
    this.databases = facts.databases;
  }

  /** The card goes by the label of its first database; "" where it has none. */
  get label(): string {
    return this.databases[0]?.label ?? "";
  }

  /** Runs `work` with the card to itself: what needs several APDUs in a row is never interleaved. */
  async run<T>(work: (card: PimCard) => Promise<T>): Promise<T> {
    const turn = this.#tail.then(() => work(this.#card));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    await this.run((card) => card.close());
  }
}
