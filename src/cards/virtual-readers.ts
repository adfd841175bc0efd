import {
  CardError,
  type InsertedCard,
  openVirtualCard,
  type ReaderListener,
  type Readers,
  type ReaderView,
  type Transport,
  VIRTUAL_CARD_ATR,
} from "../../card/index.ts";
import type { VirtualCardFile, VirtualCards } from "./virtual-cards.ts";

/** The folder's virtual cards as readers, each with its card always in it. */
export class VirtualReaders implements Readers {
  readonly ready = Promise.resolve();
  readonly #listener: ReaderListener;
  readonly #cards = new Map<string, { readonly path: string; readonly card: InsertedCard }>();
  readonly #open = new Map<string, Transport>();

  constructor(files: VirtualCards, listener: ReaderListener) {
    this.#listener = listener;
    for (const file of files.list()) this.add(file);
  }

  /** A card that was made just now. */
  add({ name, path }: VirtualCardFile): void {
    const card = { insertion: this.#cards.size + 1, atr: VIRTUAL_CARD_ATR };
    this.#cards.set(name, { path, card });
    this.#listener({ type: "readerAdded", reader: name });
    this.#listener({ type: "cardInserted", reader: name, card });
  }

  list(): readonly ReaderView[] {
    return [...this.#cards].map(([name, { card }]) => ({ name, card }));
  }

  async connect(reader: string): Promise<Transport> {
    const path = this.#cards.get(reader)?.path;
    if (path === undefined) throw new CardError("CARD_ABSENT", "there is no such virtual card");
    if (this.#open.has(reader)) throw new CardError("CARD_BUSY", "the virtual card is in use");
    const file = await openVirtualCard(path);
    this.#open.set(reader, file);
    return this.#freeing(reader, file);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((transport) => transport.close()));
    this.#open.clear();
  }

  #freeing(reader: string, file: Awaited<ReturnType<typeof openVirtualCard>>): Transport {
    return {
      transmit: (command, signal) => file.transmit(command, signal),
      reset: () => file.reset(),
      close: async () => {
        await file.close();
        if (this.#open.get(reader) === file) this.#open.delete(reader);
      },
      get transportStats() {
        return file.transportStats;
      },
      get nvmStats() {
        return file.nvmStats;
      },
    };
  }
}
