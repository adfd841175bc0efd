import { serveVpcd } from "../../../card/index.ts";
import type { Transport } from "../../../card/index.ts";

/** What a card does instead of answering; undefined: it answers. */
export type Mischief = (command: Uint8Array) => "pull" | "hang" | undefined;

/** A card for the slots of vpcd, which a test puts in, takes out and makes misbehave. It dials again when pcscd restarts. */
export class VpcdCard {
  mischief: Mischief = () => undefined;
  readonly #card: Transport;
  readonly #atr: Uint8Array | undefined;
  #pull = new AbortController();
  #served: Promise<void> = Promise.resolve();

  /** @param atr the usual one where absent */
  constructor(card: Transport, atr?: Uint8Array) {
    this.#card = card;
    this.#atr = atr;
  }

  insert(port: number): void {
    const { signal } = (this.#pull = new AbortController());
    const card: Transport = {
      transmit: (command) => this.#transmit(command, signal),
      reset: () => this.#card.reset(),
      close: () => Promise.resolve(),
    };
    this.#served = serveVpcd(card, { port, signal, ...(this.#atr && { atr: this.#atr }) });
  }

  /** Resolves when nothing dials any more. */
  async remove(): Promise<void> {
    this.#pull.abort();
    await this.#served;
  }

  async #transmit(command: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const mischief = this.mischief(command);
    if (mischief === undefined) return this.#card.transmit(command);
    if (mischief === "pull") this.#pull.abort();
    else
      await new Promise((done) => {
        signal.addEventListener("abort", done);
      });
    return new Uint8Array(2);
  }
}
