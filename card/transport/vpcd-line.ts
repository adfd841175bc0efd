import type { Socket } from "node:net";
import { CardError } from "../errors.ts";
import { FrameReader } from "./vpcd-frames.ts";

/**
 * The socket of one card that has dialled in: questions and answers, one at a time. A card that does not answer in
 * time, or answers unasked, is hung up on.
 */
export class VpcdLine {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #frames = new FrameReader();
  #last: Promise<unknown> = Promise.resolve();
  #waiting: { resolve(answer: Uint8Array): void; reject(error: CardError): void } | undefined;
  #gone: CardError | undefined;

  /** @param onGone is called once, when the card is gone for whatever reason */
  constructor(socket: Socket, timeoutMs: number, onGone: () => void) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => {
      this.#receive(chunk);
    });
    // What went wrong does not matter: "close" follows.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.hangUp("the card is gone");
      onGone();
    });
  }

  /**
   * Sends frames of which only the last one is answered. Questions wait for those before them; one that `signal`
   * gives up after it was sent still keeps the next one waiting for its answer.
   * @throws CardError CARD_ABSENT where the card goes away, CARD_READER_LOST where it does not answer
   */
  async ask(frames: readonly Uint8Array[], signal?: AbortSignal): Promise<Uint8Array> {
    const answer = this.#last.then(() => {
      signal?.throwIfAborted();
      return this.#exchange(frames);
    });
    this.#last = answer.catch(() => undefined);
    return signal ? orAborted(answer, signal) : answer;
  }

  /** Sends a frame that is not answered, after the questions before it. */
  async tell(frame: Uint8Array): Promise<void> {
    await this.#last;
    if (!this.#gone) this.#socket.write(frame);
  }

  /** Questions get this error from now on. Harmless when called again. */
  hangUp(reason: string, code: "CARD_ABSENT" | "CARD_READER_LOST" = "CARD_ABSENT"): void {
    this.#gone ??= new CardError(code, reason);
    this.#socket.destroy();
    this.#waiting?.reject(this.#gone);
  }

  #exchange(frames: readonly Uint8Array[]): Promise<Uint8Array> {
    if (this.#gone) return Promise.reject(this.#gone);
    return new Promise<Uint8Array>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.hangUp("the card does not answer", "CARD_READER_LOST");
      }, this.#timeoutMs);
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
      };
      this.#waiting = {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      for (const frame of frames) this.#socket.write(frame);
    });
  }

  #receive(chunk: Uint8Array): void {
    for (const body of this.#frames.push(chunk)) {
      if (this.#waiting) this.#waiting.resolve(body);
      else this.hangUp("the card answers unasked");
    }
  }
}

/** @throws the signal's reason as soon as it is given */
const orAborted = async (answer: Promise<Uint8Array>, signal: AbortSignal): Promise<Uint8Array> => {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
};
