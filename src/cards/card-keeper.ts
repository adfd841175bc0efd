import type { Logger } from "pino";
import {
  CardError,
  type PimCard,
  type ReaderEvent,
  type Readers,
  type Transport,
} from "../../card/index.ts";
import type { CardShelf } from "../bridge/card-shelf.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import { BridgeError } from "../errors.ts";
import { CardSlot, type NewSecrets, type SlotState } from "./card-slot.ts";
import type { CardSource, SourceKind } from "./card-source.ts";

/** One reader as the operator sees it. */
export interface PlaceView {
  readonly kind: SourceKind;
  readonly reader: string;
  /** Absent where the reader is empty. */
  readonly slot?: SlotState;
}

/** A way to readers that does not work, such as a PC/SC daemon that does not run. */
export interface OfflineView {
  readonly kind: SourceKind;
  readonly reason: string;
}

interface OpenSource {
  readonly source: CardSource;
  readonly slots: Map<string, CardSlot>;
  opening?: Promise<Readers>;
  readers?: Readers;
  offline?: string;
}

/** Opens cards as they come, puts them on the shelf, and takes them away as they go. Several readers at once. */
export class CardKeeper {
  readonly #shelf: CardShelf;
  readonly #log: Logger;
  readonly #sources: readonly OpenSource[];
  readonly #leaving = new Set<Promise<void>>();

  constructor(parts: {
    readonly shelf: CardShelf;
    readonly log: Logger;
    readonly sources: readonly CardSource[];
  }) {
    this.#shelf = parts.shelf;
    this.#log = parts.log;
    this.#sources = parts.sources.map((source) => ({ source, slots: new Map() }));
  }

  /** Begins to watch; a source that cannot be opened counts as offline. */
  async start(): Promise<void> {
    for (const open of this.#sources) {
      open.opening = Promise.resolve().then(() =>
        open.source.open((event) => {
          this.#heard(open, event);
        }),
      );
      try {
        open.readers = await open.opening;
      } catch (error) {
        open.offline = error instanceof Error ? error.message : String(error);
        this.#log.error({ err: error, kind: open.source.kind }, "readers cannot be used");
      }
    }
  }

  /** Resolves when every card that was there has been opened or given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#readers().map(({ ready }) => ready));
    await Promise.all(this.#slots().map((slot) => slot.settled()));
  }

  list(): readonly PlaceView[] {
    return this.#sources.flatMap(({ source, readers, slots }) =>
      (readers?.list() ?? []).map(({ name }) => {
        const slot = slots.get(name)?.state;
        return { kind: source.kind, reader: name, ...(slot === undefined ? {} : { slot }) };
      }),
    );
  }

  offline(): readonly OfflineView[] {
    return this.#sources.flatMap(({ source, offline }) =>
      offline === undefined ? [] : [{ kind: source.kind, reason: offline }],
    );
  }

  /** @returns where this card is; undefined once it is gone */
  placeOf(held: HeldCard): { readonly kind: SourceKind; readonly reader: string } | undefined {
    return this.list().find(({ slot }) => slot?.type === "open" && slot.held === held);
  }

  /**
   * Opens a card with a PIN that a person gave, and keeps the PIN in memory.
   * @param reader its name or part of it; the only card that is not open where absent
   * @param fewestTries 1 lets the last try be spent
   * @throws BridgeError BRIDGE_USAGE where it is not clear which card is meant
   */
  unlock(reader: string | undefined, pin: string, fewestTries: number): Promise<SlotState> {
    const isMeant = (name: string, { state }: CardSlot): boolean =>
      state.type !== "open" && name.includes(reader ?? "");
    return this.#pick(reader, isMeant).unlock(pin, fewestTries);
  }

  /**
   * Runs `work` on the secrets of a card, open or not; see {@link CardSlot.withSecrets}.
   * @param name the card's label or uuid where it is open, or (part of) its reader's name; the only card where absent
   * @throws BridgeError BRIDGE_USAGE where it is not clear which card is meant
   */
  withSecrets(
    name: string | undefined,
    work: (card: PimCard) => Promise<NewSecrets>,
  ): Promise<SlotState> {
    const isMeant = (reader: string, { state }: CardSlot): boolean => isNamed(reader, state, name);
    return this.#pick(name, isMeant).withSecrets(work);
  }

  /** Lets go of all cards, then of the readers. */
  async close(): Promise<void> {
    await Promise.all(this.#slots().map((slot) => slot.remove()));
    await Promise.all(this.#leaving);
    await Promise.all(this.#readers().map((readers) => readers.close()));
  }

  #readers(): readonly Readers[] {
    return this.#sources.flatMap(({ readers }) => (readers === undefined ? [] : [readers]));
  }

  #slots(): readonly CardSlot[] {
    return this.#sources.flatMap(({ slots }) => [...slots.values()]);
  }

  /** @param wish a reader whose whole name this is comes before those of which it is a part */
  #pick(wish: string | undefined, isMeant: (reader: string, slot: CardSlot) => boolean): CardSlot {
    const meant = this.#sources
      .flatMap(({ slots }) => [...slots])
      .filter(([reader, slot]) => isMeant(reader, slot));
    // "card-1" is part of "card-10" too.
    const exact = meant.filter(([reader]) => reader === wish);
    const found = exact.length > 0 ? exact : meant;
    const [first, second] = found;
    if (first !== undefined && second === undefined) return first[1];
    if (first === undefined)
      throw new BridgeError(
        "BRIDGE_USAGE",
        "There is no such card; `cardsync card list` shows all.",
      );
    const names = found.map(([reader]) => `"${reader}"`).join(", ");
    throw new BridgeError(
      "BRIDGE_USAGE",
      `Which card is meant? There is one in each of: ${names}.`,
    );
  }

  #heard(open: OpenSource, event: ReaderEvent): void {
    switch (event.type) {
      case "online":
        delete open.offline;
        return;
      case "offline":
        open.offline = event.reason;
        this.#log.info({ kind: open.source.kind, reason: event.reason }, "readers are offline");
        for (const reader of open.slots.keys()) this.#gone(open, reader);
        return;
      case "readerAdded":
        return;
      case "readerLost":
      case "cardRemoved":
        this.#gone(open, event.reader);
        return;
      case "cardInserted":
        this.#gone(open, event.reader);
        this.#came(open, event.reader);
        return;
      case "cardReset":
        void open.slots.get(event.reader)?.wasReset();
    }
  }

  #came(open: OpenSource, reader: string): void {
    const { source, slots } = open;
    const slot = new CardSlot({
      reader,
      connect: () => connectTo(open, reader),
      pins: source.pins,
      shelf: this.#shelf,
      log: this.#log,
      ...(source.idleMs === undefined ? {} : { idleMs: source.idleMs }),
    });
    slots.set(reader, slot);
  }

  #gone({ slots }: OpenSource, reader: string): void {
    const slot = slots.get(reader);
    if (slot === undefined) return;
    slots.delete(reader);
    const leaving = slot.remove().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}

function isNamed(reader: string, state: SlotState, name: string | undefined): boolean {
  if (name === undefined || reader.includes(name)) return true;
  return (
    state.type === "open" && (state.held.label === name || state.held.uuid === name.toLowerCase())
  );
}

/** Readers tell of their first cards before they are open themselves. */
async function connectTo({ opening }: OpenSource, reader: string): Promise<Transport> {
  const readers = await opening;
  if (readers === undefined) throw new CardError("CARD_READER_LOST", "the readers are closed");
  return readers.connect(reader);
}
