import { CardError } from "../../errors.ts";
import type { Transport, TransportStats } from "../transport.ts";
import type { Disposition } from "./ipc.ts";
import type { PcscChild } from "./pcsc-child.ts";

/** The shortest answer that a card can give: a status word. */
const STATUS_WORD_BYTES = 2;
/** From what no virtual reader takes for a control of its own, to an extended command. ISO 7816-4, 5.1. */
const COMMAND_BYTES = { min: 2, max: 4 + 3 + 65_535 + 2 } as const;

/** What the owner of a transport is told. */
export interface TransportHooks {
  /** Somebody else has reset the card. */
  readonly onReset: () => void;
  /** The card stopped answering. */
  readonly onBroken: () => void;
}

/**
 * One connection to one stay of a card in a reader. A card that somebody else resets stays connected (CARD_RESET once);
 * after any other error there is nothing to be done with it but close it.
 */
export class PcscTransport implements Transport {
  readonly #child: PcscChild;
  readonly #reader: string;
  readonly #hooks: TransportHooks;
  /** Why nothing can be done any more. */
  #end: CardError | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #stats = { apdus: 0, bytesSent: 0, bytesReceived: 0 };

  constructor(child: PcscChild, reader: string, hooks: TransportHooks) {
    this.#child = child;
    this.#reader = reader;
    this.#hooks = hooks;
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  get transportStats(): TransportStats {
    return { ...this.#stats };
  }

  /** Once, before anything else. @throws CardError as `Readers.connect`; it is closed then */
  async open(signal?: AbortSignal): Promise<void> {
    try {
      await this.#enqueue(() => this.#connect(), signal);
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  /** A command that was aborted on its way runs to its end; the next one waits for that. */
  transmit(command: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#enqueue(() => this.#exchange(command), signal);
  }

  /** Not in one step, which pcsclite cannot do: where another program comes in between it is CARD_BUSY. */
  reset(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#disconnect("reset");
      await this.#connect();
    });
  }

  /** Waits for the command that runs, and ends the card's session. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The card or the reader is gone. Nothing where it is known already why this is of no use any more. */
  lose(error: CardError): void {
    if (this.#end) return;
    this.#end = error;
    void this.#disconnect("leave");
  }

  async #close(): Promise<void> {
    if (this.#end) return;
    this.#end = new CardError("CARD_READER_LOST", "it was closed");
    await this.#last;
    await this.#disconnect("reset");
  }

  async #exchange(command: Uint8Array): Promise<Uint8Array> {
    if (command.length < COMMAND_BYTES.min || command.length > COMMAND_BYTES.max) {
      throw new CardError("CARD_MALFORMED", "that is no command");
    }
    const answer = await this.#request(command);
    this.#stats.apdus++;
    this.#stats.bytesSent += command.length;
    this.#stats.bytesReceived += answer.length;
    if (answer.length >= STATUS_WORD_BYTES) return answer;
    throw this.#break(new CardError("CARD_READER_LOST", "the card's answer broke off"));
  }

  async #request(command: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#child.request({ type: "transmit", reader: this.#reader, command });
    } catch (error) {
      if (isReset(error)) await this.#connectAgain();
      else throw this.#break(error);
      throw error;
    }
  }

  async #connectAgain(): Promise<void> {
    this.#hooks.onReset();
    await this.#disconnect("leave");
    await this.#connect();
  }

  async #connect(): Promise<void> {
    try {
      await this.#child.request({ type: "connect", reader: this.#reader });
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Never fails: a card that cannot be let go is gone. */
  async #disconnect(disposition: Disposition): Promise<void> {
    await this.#child
      .request({ type: "disconnect", reader: this.#reader, disposition })
      .catch(() => undefined);
  }

  #break(error: unknown): unknown {
    const isNews = this.isOpen;
    const thrown = this.#fail(error);
    if (isNews) this.#hooks.onBroken();
    return thrown;
  }

  /** @returns what is to be thrown: where the card's removal is known already that is the reason */
  #fail(error: unknown): unknown {
    if (this.#end) return this.#end;
    if (!(error instanceof CardError)) return error;
    this.#end = error;
    // To reset a card that is gone, before pcscd has noticed, keeps pcscd from seeing the next one.
    void this.#disconnect("leave");
    return error;
  }

  #enqueue<Result>(run: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const result = this.#last.then(() => {
      signal?.throwIfAborted();
      this.#expectOpen();
      return run();
    });
    this.#last = result.catch(() => undefined);
    return signal ? untilAborted(result, signal) : result;
  }

  #expectOpen(): void {
    const cause = this.#end;
    if (!cause) return;
    throw new CardError(cause.code, "the connection to the card is no more", { cause });
  }
}

const isReset = (error: unknown): boolean =>
  error instanceof CardError && error.code === "CARD_RESET";

const untilAborted = <Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> =>
  new Promise((done, failed) => {
    const abort = (): void => {
      failed(signal.reason as Error);
    };
    signal.addEventListener("abort", abort, { once: true });
    result.then(done, failed).finally(() => {
      signal.removeEventListener("abort", abort);
    });
  });
