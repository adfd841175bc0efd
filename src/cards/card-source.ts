import type { ReaderListener, Readers } from "../../card/index.ts";

/** Where cards come from: files of the data folder, PC/SC readers, cards that dial our vpcd socket. */
export type SourceKind = "virtual" | "pcsc" | "vpcd";

/** One kind of reader, and what is known of the PINs of its cards. */
export interface CardSource {
  readonly kind: SourceKind;
  readonly pins: PinSource;
  /** A card that nobody has used for so long is let go; absent: it is kept. */
  readonly idleMs?: number;
  open(listener: ReaderListener): Readers | Promise<Readers>;
}

/** The PINs that the service may try by itself. */
export interface PinSource {
  /** @returns the one PIN to be tried for a card in this reader; undefined where a person has to give it */
  pinFor(reader: string): string | undefined;
  /** This PIN has opened the card in this reader. */
  wasRight(reader: string, pin: string): void;
  /** The card in this reader has another PUK from now on; only where PUKs are kept. */
  keepPuk?(reader: string, puk: string): void;
}
