import { connect, type Socket } from "node:net";
import type { VirtualCard } from "../../../card/virtual/virtual-card.ts";

const POWER_OFF = 0;
const RESET = 2;
const SEND_ATR = 4;
/** T=1, one historical byte. Source: ISO 7816-3, 8.2. */
const atrOf = (historical: number): Uint8Array => {
  const bytes = [0x81, 0x80, 0x01, historical];
  return Uint8Array.from([0x3b, ...bytes, bytes.reduce((sum, byte) => sum ^ byte)]);
};

/** What a card does instead of answering: `undefined` to answer as usual. */
export type Mischief = (command: Uint8Array) => "pull" | "hang" | undefined;

/** A virtual card in a slot of vpcd, which a test puts in and takes out. */
export class VpcdCard {
  readonly atr: Uint8Array;
  mischief: Mischief = () => undefined;
  /** Power-downs and resets that the card has seen. */
  resets = 0;
  readonly #card: VirtualCard;
  #socket: Socket | undefined;

  constructor(card: VirtualCard, historical = 0x31) {
    this.#card = card;
    this.atr = atrOf(historical);
  }

  /** Resolves when it is in; the reader sees it within half a second. */
  async insert(port: number): Promise<void> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await new Promise<void>((done, failed) => {
      socket.once("connect", done).once("error", failed);
    });
    socket.on("error", () => socket.destroy());
    this.#card.reset();
    this.#socket = socket;
    let heard = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      for (;;) {
        if (heard.length < 2) return;
        const end = 2 + heard.readUInt16BE(0);
        if (heard.length < end) return;
        this.#hear(socket, heard.subarray(2, end));
        heard = heard.subarray(end);
      }
    });
  }

  pull(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #hear(socket: Socket, body: Buffer): void {
    if (body.length > 1) this.#answer(socket, body);
    else if (body[0] === SEND_ATR) send(socket, this.atr);
    else if (body[0] === RESET || body[0] === POWER_OFF) {
      this.resets++;
      this.#card.reset();
    }
  }

  #answer(socket: Socket, command: Buffer): void {
    const mischief = this.mischief(command);
    if (mischief === "pull") this.pull();
    if (mischief === undefined) send(socket, this.#card.transmit(command));
  }
}

const send = (socket: Socket, body: Uint8Array): void => {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(body.length);
  socket.write(Buffer.concat([head, body]));
};
