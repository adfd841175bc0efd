import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { CardError } from "../errors.ts";
import type { InsertedCard, ReaderListener, Readers, ReaderView } from "./readers.ts";
import type { Transport } from "./transport.ts";
import { CONTROL, encodeControl, encodeFrame, LOOPBACK, VPCD_PORT } from "./vpcd-frames.ts";
import { VpcdLine } from "./vpcd-line.ts";

export interface ListenVpcdOptions {
  /** Where cards dial in; 127.0.0.1 where absent. Whoever can reach it can put a card in. */
  readonly host?: string;
  /** 35963 where absent; 0 takes a free one. */
  readonly port?: number;
  readonly listener: ReaderListener;
  /** How many cards may be in at once, 1 and more; 4 where absent. A card that finds no free reader is hung up on. */
  readonly readerCount?: number;
  /** How long a card may take to answer, milliseconds; 30 s where absent. */
  readonly answerTimeoutMs?: number;
}

export interface VpcdReaders extends Readers {
  readonly port: number;
}

const READER_COUNT = 4;
const ANSWER_TIMEOUT_MS = 30_000;
/** 256 bytes and a status word: the longest answer to a short command. ISO 7816-4, 5.1. */
const MAX_ANSWER_BYTES = 258;
const MAX_FRAME_BYTES = 0xffff;
/** TS, T0 and up to 31 more. ISO 7816-3, 8.1. */
const ATR_BYTES = { min: 2, max: 33 } as const;

const POWER_UP = [encodeControl(CONTROL.powerOn), encodeControl(CONTROL.askAtr)] as const;
const RESET = [encodeControl(CONTROL.reset), encodeControl(CONTROL.askAtr)] as const;

/** One reader: empty, with a card that has not given its ATR yet, or with one that is known. */
interface Slot {
  readonly name: string;
  line?: VpcdLine;
  card?: InsertedCard;
  /** The transport that has the card for itself. */
  user?: object;
}

/**
 * Readers `vpcd:1`, `vpcd:2`... into which virtual cards put themselves by dialling our socket: a connection is an
 * insertion, its end a removal. No PC/SC is needed.
 * @throws CardError CARD_BUSY where another program listens there, CARD_READER_LOST
 */
export const listenVpcd = async (options: ListenVpcdOptions): Promise<VpcdReaders> => {
  const { host = LOOPBACK, port = VPCD_PORT } = options;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const code = cause.code === "EADDRINUSE" ? "CARD_BUSY" : "CARD_READER_LOST";
      reject(new CardError(code, `cannot listen on ${host}:${String(port)}`, { cause }));
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
  return new ListeningReaders(server, options);
};

class ListeningReaders implements VpcdReaders {
  readonly ready = Promise.resolve();
  readonly #server: Server;
  readonly #tell: ReaderListener;
  readonly #timeoutMs: number;
  readonly #slots: readonly Slot[];
  #insertions = 0;
  #closing: Promise<void> | undefined;

  constructor(server: Server, options: ListenVpcdOptions) {
    const { readerCount = READER_COUNT, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
    this.#server = server;
    this.#tell = options.listener;
    this.#timeoutMs = answerTimeoutMs;
    this.#slots = Array.from({ length: readerCount }, (_, at) => ({
      name: `vpcd:${String(at + 1)}`,
    }));
    this.#tell({ type: "online" });
    for (const { name } of this.#slots) this.#tell({ type: "readerAdded", reader: name });
    server.on("error", ({ message }) => {
      this.#tell({ type: "offline", reason: message });
      void this.close();
    });
    server.on("connection", (socket) => {
      this.#admit(socket);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  list(): readonly ReaderView[] {
    if (this.#closing) return [];
    return this.#slots.map(({ name, card }) => (card ? { name, card } : { name }));
  }

  async connect(reader: string, signal?: AbortSignal): Promise<Transport> {
    signal?.throwIfAborted();
    const slot = this.#slots.find(({ name }) => name === reader);
    if (!slot || this.#closing) throw new CardError("CARD_READER_LOST", `no reader ${reader}`);
    const { line, card } = slot;
    if (!line || !card) throw new CardError("CARD_ABSENT", `${reader} is empty`);
    if (slot.user) throw new CardError("CARD_BUSY", `the card in ${reader} is in use`);
    const transport = new VpcdTransport(line, () => {
      if (slot.user === transport) delete slot.user;
    });
    slot.user = transport;
    try {
      await line.ask(POWER_UP, signal);
    } catch (error) {
      await transport.close();
      throw error;
    }
    return transport;
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      for (const { line } of this.#slots)
        line?.hangUp("the readers are closed", "CARD_READER_LOST");
    });
    return this.#closing;
  }

  #admit(socket: Socket): void {
    const slot = this.#slots.find(({ line }) => !line);
    if (!slot || this.#closing) {
      socket.destroy();
      return;
    }
    const line = new VpcdLine(socket, this.#timeoutMs, () => {
      this.#empty(slot);
    });
    slot.line = line;
    void this.#introduce(slot, line);
  }

  /** A card is told of once it has given its ATR; it is without power again until somebody wants it. */
  async #introduce(slot: Slot, line: VpcdLine): Promise<void> {
    const atr = await line.ask(POWER_UP).catch(() => undefined);
    if (!atr || slot.line !== line) return;
    if (atr.length < ATR_BYTES.min || atr.length > ATR_BYTES.max) {
      line.hangUp("the card has no ATR");
      return;
    }
    await line.tell(encodeControl(CONTROL.powerOff));
    const card = { insertion: ++this.#insertions, atr };
    slot.card = card;
    this.#tell({ type: "cardInserted", reader: slot.name, card });
  }

  #empty(slot: Slot): void {
    const { card } = slot;
    delete slot.line;
    delete slot.card;
    delete slot.user;
    if (card) {
      this.#tell({ type: "cardRemoved", reader: slot.name, insertion: card.insertion });
    }
  }
}

/** One card in one of these readers, for one user. */
class VpcdTransport implements Transport {
  readonly #line: VpcdLine;
  readonly #onClose: () => void;
  #closing: Promise<void> | undefined;

  constructor(line: VpcdLine, onClose: () => void) {
    this.#line = line;
    this.#onClose = onClose;
  }

  async transmit(command: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    this.#expectOpen();
    // One byte would be taken for a control.
    if (command.length < 2 || command.length > MAX_FRAME_BYTES) {
      throw new CardError("CARD_MALFORMED", "that is no command");
    }
    const answer = await this.#line.ask([encodeFrame(command)], signal);
    if (answer.length > MAX_ANSWER_BYTES) {
      throw new CardError("CARD_MALFORMED", `an answer of ${String(answer.length)} bytes`);
    }
    return answer;
  }

  async reset(): Promise<void> {
    this.#expectOpen();
    await this.#line.ask(RESET);
  }

  /** Takes the power from the card, so that nobody finds the PIN verified. */
  close(): Promise<void> {
    this.#closing ??= this.#line.tell(encodeControl(CONTROL.powerOff)).then(this.#onClose);
    return this.#closing;
  }

  #expectOpen(): void {
    if (this.#closing) throw new CardError("CARD_READER_LOST", "the transport is closed");
  }
}
