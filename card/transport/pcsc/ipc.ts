/** What the service asks of the process that owns PC/SC. Each request is answered by `done` or `failed` with its id. */
export type PcscRequest =
  | { readonly type: "ping" }
  | { readonly type: "connect"; readonly reader: string }
  | { readonly type: "transmit"; readonly reader: string; readonly command: Uint8Array }
  | { readonly type: "disconnect"; readonly reader: string; readonly disposition: Disposition };

/** What becomes of the card's session: `reset` ends it, `leave` is for a card that has none any more. */
export type Disposition = "reset" | "leave";

export type NumberedRequest = PcscRequest & { readonly id: number };

/** What that process tells. */
export type PcscReport =
  /** The daemon answers. The readers follow, then `listed`. */
  | { readonly type: "started" }
  | { readonly type: "listed" }
  | ReaderStatus
  | { readonly type: "readerEnded"; readonly reader: string }
  /** Its last word. */
  | { readonly type: "ended"; readonly why: EndOfPcsc; readonly text: string }
  | { readonly type: "done"; readonly id: number; readonly answer: Uint8Array }
  /** `text` is PC/SC's own, with a code in it: {@link parsePcscError}. */
  | { readonly type: "failed"; readonly id: number; readonly text: string };

/** `noModule`: pcsclite cannot be loaded. `readersEnded`: all readers are gone, after which pcsclite may stay silent. */
export type EndOfPcsc = "noModule" | "readersEnded" | "error";

export interface ReaderStatus {
  readonly type: "status";
  readonly reader: string;
  /** dwEventState: bits of the state, and above them a counter of insertions and removals. */
  readonly state: number;
  /** Empty without a card. */
  readonly atr: Uint8Array;
}
