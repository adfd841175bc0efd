import { setTimeout as sleep } from "node:timers/promises";
import { CardError } from "../errors.ts";
import { backOffMs } from "./pcsc/back-off.ts";
import type { BackOff } from "./pcsc/back-off.ts";
import { socketPathOf } from "./pcsc/daemon-socket.ts";
import type { PcscReport, ReaderStatus } from "./pcsc/ipc.ts";
import { CHILD } from "./pcsc/pcsc-child.ts";
import type { ChildProgram } from "./pcsc/pcsc-child.ts";
import { PcscTransport } from "./pcsc/pcsc-transport.ts";
import {
  doubt,
  isMute,
  loseAll,
  loseReader,
  NO_READERS,
  observe,
  settle,
} from "./pcsc/reader-states.ts";
import type { Observed } from "./pcsc/reader-states.ts";
import { Supervisor } from "./pcsc/supervisor.ts";
import type { ReaderEvent, ReaderListener, Readers, ReaderView } from "./readers.ts";
import type { Transport } from "./transport.ts";

export interface PcscOptions {
  readonly listener: ReaderListener;
  /** Hears in plain words why the process that owns PC/SC is started again; never of what goes over to cards. */
  readonly log?: (message: string) => void;
  /** Where PCSCLITE_CSOCK_NAME names the daemon's socket. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long PC/SC and a card may take for an answer, ms. Default: 30 s. */
  readonly answerMs?: number;
  /** Pauses between two starts of the process. Default: 0.5 s, doubled up to 30 s. */
  readonly backOff?: BackOff;
  /** How often the daemon's socket is looked at, ms. Default: 2 s. */
  readonly watchMs?: number;
  /** What runs as the process that owns PC/SC. Default: the one beside this file, with this process's options for Node. */
  readonly program?: ChildProgram;
}

const ANSWER_MS = 30_000;
const WATCH_MS = 2_000;
const BACK_OFF: BackOff = { firstMs: 500, maxMs: 30_000 };
/** How long it takes pcscd to notice that a card is gone, twice over; longer for a card that breaks off again and again. */
const SETTLE: BackOff = { firstMs: 1_000, maxMs: 60_000 };
/** How long closing waits for cards in the middle of a command. */
const CLOSE_MS = 2_000;

/**
 * The readers of PC/SC. Needs neither the daemon nor npm's pcsclite: without them there are no readers, and `offline`
 * says why, until they come. pcsclite, with its faults, lives in a process of its own (`pcsc/child.ts`).
 */
export const openPcsc = (options: PcscOptions): Readers => new PcscReaders(options);

class PcscReaders implements Readers {
  readonly ready: Promise<void>;
  readonly #listener: ReaderListener;
  readonly #log: (message: string) => void;
  readonly #supervisor: Supervisor;
  readonly #transports = new Map<string, PcscTransport>();
  readonly #settling = new Map<string, NodeJS.Timeout>();
  #states = NO_READERS;
  #becomeReady: () => void = () => undefined;
  /** Undefined while online, and before anything is known. */
  #offline: string | undefined;
  #isOnline = false;
  #closing: Promise<void> | undefined;

  constructor(options: PcscOptions) {
    const { env = process.env } = options;
    this.#listener = options.listener;
    this.#log = options.log ?? (() => undefined);
    this.ready = new Promise((done) => {
      this.#becomeReady = done;
    });
    this.#supervisor = new Supervisor({
      program: options.program ?? CHILD,
      env,
      socketPath: socketPathOf(env),
      answerMs: options.answerMs ?? ANSWER_MS,
      backOff: options.backOff ?? BACK_OFF,
      watchMs: options.watchMs ?? WATCH_MS,
      onReport: (report) => {
        this.#hear(report);
      },
      onDown: (reason, isQuiet) => {
        this.#goDown(reason, isQuiet);
      },
    });
    // Not before the caller has what the listener may want to use.
    queueMicrotask(() => {
      if (!this.#closing) this.#supervisor.start();
    });
  }

  list(): readonly ReaderView[] {
    return this.#states.readers.map(({ name, card }) => ({ name, ...(card && { card }) }));
  }

  async connect(reader: string, signal?: AbortSignal): Promise<Transport> {
    signal?.throwIfAborted();
    const before = this.#transports.get(reader);
    if (before?.isOpen) throw new CardError("CARD_BUSY", "this program uses the card already");
    const transport = this.#prepare(reader);
    this.#transports.set(reader, transport);
    await before?.close();
    await transport.open(signal);
    // What broke off may have lost its power, or may have kept its session.
    if (this.#breaksOf(reader) > 0) await transport.reset();
    return transport;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = [...this.#transports.values()].map((transport) => transport.close());
    await Promise.race([Promise.all(closed), sleep(CLOSE_MS, undefined, { ref: false })]);
    await this.#supervisor.close();
    this.#loseTransports("PC/SC is closed");
    for (const timer of this.#settling.values()) clearTimeout(timer);
    this.#states = NO_READERS;
    this.#becomeReady();
  }

  #prepare(reader: string): PcscTransport {
    const { child } = this.#supervisor;
    const view = this.#states.readers.find(({ name }) => name === reader);
    if (!child || !view || this.#closing !== undefined) {
      throw new CardError("CARD_READER_LOST", this.#offline ?? `there is no reader ${reader}`);
    }
    const { card } = view;
    if (!card) throw new CardError("CARD_ABSENT", `there is no card in ${reader}`);
    return new PcscTransport(child, reader, {
      onReset: () => {
        this.#emit([{ type: "cardReset", reader, insertion: card.insertion }]);
      },
      onBroken: () => {
        this.#doubt(reader);
      },
    });
  }

  #doubt(reader: string): void {
    this.#apply(doubt(this.#states, reader));
    const breaks = this.#breaksOf(reader);
    if (breaks === 0) return;
    clearTimeout(this.#settling.get(reader));
    const timer = setTimeout(
      () => {
        this.#apply(settle(this.#states, reader));
      },
      backOffMs(breaks, SETTLE),
    );
    this.#settling.set(reader, timer);
  }

  /** How often a card broke off during the present stay as PC/SC sees it. */
  #breaksOf(reader: string): number {
    return this.#states.readers.find(({ name }) => name === reader)?.breaks ?? 0;
  }

  #hear(report: PcscReport): void {
    if (report.type === "started") this.#goUp();
    else if (report.type === "listed") this.#becomeReady();
    else if (report.type === "status") this.#see(report);
    else if (report.type === "readerEnded") this.#apply(loseReader(this.#states, report.reader));
  }

  #see(status: ReaderStatus): void {
    if (isMute(status)) {
      this.#log(`PC/SC: the card in ${status.reader} does not answer; is it the right way round?`);
    }
    this.#apply(observe(this.#states, status));
  }

  #goUp(): void {
    this.#offline = undefined;
    if (!this.#isOnline) this.#emit([{ type: "online" }]);
    this.#isOnline = true;
  }

  #goDown(reason: string, isQuiet: boolean): void {
    this.#loseTransports(reason);
    this.#apply(loseAll(this.#states));
    const isNews = reason !== this.#offline;
    if (isNews) this.#log(`PC/SC: ${reason}`);
    if (!isQuiet) {
      this.#offline = reason;
      this.#isOnline = false;
      if (isNews) this.#emit([{ type: "offline", reason }]);
    }
    this.#becomeReady();
  }

  #loseTransports(reason: string): void {
    for (const transport of this.#transports.values()) {
      transport.lose(new CardError("CARD_READER_LOST", reason));
    }
    this.#transports.clear();
  }

  #apply({ states, events }: Observed): void {
    this.#states = states;
    for (const event of events) {
      if (event.type === "cardRemoved") {
        this.#transports.get(event.reader)?.lose(new CardError("CARD_ABSENT", "it was removed"));
      }
    }
    this.#emit(events);
  }

  #emit(events: readonly ReaderEvent[]): void {
    for (const event of events) this.#listener(event);
  }
}
