import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";

/** The part of npm's pcsclite 1.0.1 that is used. Written down here since it is optional: building must not need it. */
export interface Pcsclite extends EventEmitter {
  /** Called by pcsclite itself in the next tick; hears of every change of the list of readers. */
  start: (hear: (error: Error | undefined, names?: Buffer) => void) => void;
  readonly readers: Readonly<Record<string, PcscliteReader>>;
}

/** Its texts of errors end in a code: {@link parsePcscError}. */
export interface PcscliteReader extends EventEmitter {
  readonly name: string;
  /** Stays true when the card is pulled, and then keeps `connect` from doing anything. */
  connected: boolean;
  readonly SCARD_SHARE_EXCLUSIVE: number;
  readonly SCARD_PROTOCOL_T0: number;
  readonly SCARD_PROTOCOL_T1: number;
  readonly SCARD_LEAVE_CARD: number;
  readonly SCARD_RESET_CARD: number;
  connect(
    options: { readonly share_mode: number; readonly protocol: number },
    done: (error: Error | null | undefined, protocol: number) => void,
  ): void;
  disconnect(disposition: number, done: (error?: Error | null) => void): void;
  transmit(
    command: Buffer,
    maxAnswerBytes: number,
    protocol: number,
    done: (error: Error | null | undefined, answer: Buffer) => void,
  ): void;
}

/**
 * The only place that loads pcsclite. It aborts the process where worker threads use it, and its constructor throws
 * without a daemon: only for a process of its own.
 * @throws Error where it is not installed or was not built for this Node
 */
export const loadPcsclite = (): (() => Pcsclite) => {
  const require = createRequire(import.meta.url);
  return require("pcsclite") as () => Pcsclite;
};
