import type { Transport } from "./transport.ts";

/**
 * Where cards come and go: PC/SC readers, or a socket that virtual cards dial. A reader's name tells nothing about
 * the card in it, and changes when readers are plugged in another order.
 */
export interface Readers {
  /** Resolves when what was there at the beginning has been told of, or cannot be found out. Never rejects. */
  readonly ready: Promise<void>;
  /** What is there at this moment, in the order of appearance; empty while the way to the readers is broken. */
  list(): readonly ReaderView[];
  /**
   * Powers the card in a reader up and takes it for ourselves alone.
   * @throws CardError CARD_ABSENT without a card, CARD_BUSY while another program has it, CARD_READER_LOST
   */
  connect(reader: string, signal?: AbortSignal): Promise<Transport>;
  /** Harmless when called again. Transports that are still open fail from then on. */
  close(): Promise<void>;
}

export interface ReaderView {
  readonly name: string;
  /** Absent where the reader is empty. */
  readonly card?: InsertedCard;
}

/** One stay of one card in a reader: the same card gets another number when it comes again. */
export interface InsertedCard {
  /** Rises with each insertion, over all readers. */
  readonly insertion: number;
  readonly atr: Uint8Array;
}

/** What happened. `online` and `offline` tell of all readers at once, such as of a PC/SC daemon that went away. */
export type ReaderEvent =
  | { readonly type: "online" }
  | { readonly type: "offline"; readonly reason: string }
  | { readonly type: "readerAdded"; readonly reader: string }
  | { readonly type: "readerLost"; readonly reader: string }
  | { readonly type: "cardInserted"; readonly reader: string; readonly card: InsertedCard }
  | { readonly type: "cardRemoved"; readonly reader: string; readonly insertion: number }
  /** The card stayed and lost its session; whoever uses it gets CARD_RESET from its next command. */
  | { readonly type: "cardReset"; readonly reader: string; readonly insertion: number };

/** A reader that is lost first tells that its card is removed. Listeners must not throw. */
export type ReaderListener = (event: ReaderEvent) => void;
