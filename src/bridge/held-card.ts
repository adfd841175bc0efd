import type {
  CardUuid,
  DatabaseId,
  Epoch,
  MediaKind,
  PimCard,
  Transport,
} from "../../card/index.ts";

export interface HeldDatabase {
  readonly id: DatabaseId;
  readonly media: MediaKind;
  readonly label: string;
}

/** The exchange with a card since the service opened it. */
export interface CardTraffic {
  readonly apdus: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Writes into the card's non-volatile memory; null where only the card itself knows. */
  readonly nvmWrites: number | null;
}

/** A card that the service has opened and unlocked. Known by its uuid, never by its reader. */
export class HeldCard {
  readonly uuid: CardUuid;
  readonly epoch: Epoch;
  readonly databases: readonly HeldDatabase[];
  readonly #card: PimCard;
  readonly #meters: Pick<Transport, "transportStats" | "nvmStats">;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    card: PimCard,
    facts: {
      readonly uuid: CardUuid;
      readonly epoch: Epoch;
      readonly databases: readonly HeldDatabase[];
    },
    meters: Pick<Transport, "transportStats" | "nvmStats">,
  ) {
    this.#card = card;
    this.#meters = meters;
    this.uuid = facts.uuid;
    this.epoch = facts.epoch;
    this.databases = facts.databases;
  }

  /** The card goes by the label of its first database; "" where it has none. */
  get label(): string {
    return this.databases[0]?.label ?? "";
  }

  /** @returns the counts of this moment, undefined where the transport keeps none */
  get traffic(): CardTraffic | undefined {
    const { transportStats, nvmStats } = this.#meters;
    return transportStats && { ...transportStats, nvmWrites: nvmStats?.writes ?? null };
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
