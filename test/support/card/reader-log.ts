import type { InsertedCard, ReaderEvent, ReaderListener } from "../../../card/index.ts";

type EventType = ReaderEvent["type"];

/** Remembers what was told of readers, and waits for what is to come. */
export class ReaderLog {
  readonly events: ReaderEvent[] = [];
  readonly listener: ReaderListener = (event) => {
    this.events.push(event);
    this.#waiting.forEach((look) => {
      look();
    });
  };
  readonly #waiting = new Set<() => void>();

  get types(): readonly EventType[] {
    return this.events.map(({ type }) => type);
  }

  count(type: EventType): number {
    return this.types.filter((each) => each === type).length;
  }

  /** Resolves when the condition is true, which is looked at after each event. */
  until(isTrue: () => boolean): Promise<void> {
    return new Promise((done) => {
      const look = (): void => {
        if (!isTrue()) return;
        this.#waiting.delete(look);
        done();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves when so many events of that type were told of since the beginning. */
  seen(type: EventType, count = 1): Promise<void> {
    return this.until(() => this.count(type) >= count);
  }

  /** @returns the card of the n-th insertion into that reader, as soon as there is one; from 1 */
  async inserted(reader: string, count = 1): Promise<InsertedCard> {
    const cards = (): readonly InsertedCard[] =>
      this.events.flatMap((event) =>
        event.type === "cardInserted" && event.reader === reader ? [event.card] : [],
      );
    await this.until(() => cards().length >= count);
    const card = cards()[count - 1];
    if (!card) throw new Error("there is such a card");
    return card;
  }
}
