import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fromHex } from "../apdu/bytes.ts";
import type { Transport } from "./transport.ts";
import { CONTROL, encodeFrame, FrameReader, LOOPBACK, VPCD_PORT } from "./vpcd-frames.ts";

/**
 * What our virtual card says when it is switched on. T=1 only (`85 81 31`), blocks of 254 bytes (`FE`), the usual
 * waiting times (`45`). Historical bytes `80 73 80 01 80`: applications are selected by their full name, commands may
 * be chained, short lengths only, one channel. All virtual cards say the same, so it tells no card from another.
 * Source: ISO 7816-3, 8.2; ISO 7816-4, 8.1.1.
 */
export const VIRTUAL_CARD_ATR: Uint8Array = fromHex("3b858131fe4580738001807c");

const RESETTING: ReadonlySet<number> = new Set([CONTROL.powerOff, CONTROL.powerOn, CONTROL.reset]);
const PAUSE_MS = { first: 100, most: 5000 } as const;

export interface ServeVpcdOptions {
  /** Where the reader listens; 127.0.0.1 where absent. */
  readonly host?: string;
  /** 35963 where absent, which is vpcd's first reader. */
  readonly port?: number;
  /** {@link VIRTUAL_CARD_ATR} where absent. */
  readonly atr?: Uint8Array;
  /** Takes the card out of the reader. */
  readonly signal: AbortSignal;
  readonly listener?: (event: ServeVpcdEvent) => void;
}

export type ServeVpcdEvent =
  | { readonly type: "inserted" }
  /** The reader is not there, or went away; it is dialled again after the pause. */
  | { readonly type: "noReader"; readonly pauseMs: number };

/**
 * Puts a card into a virtual reader that speaks vpcd's protocol and leaves it there until `signal`; a reader that
 * goes away, as when pcscd is restarted, is dialled again. Power off, power on and reset each end the card's session.
 * @param card is not closed
 * @throws CardError of the card: nothing is served any more then
 */
export const serveVpcd = async (card: Transport, options: ServeVpcdOptions): Promise<void> => {
  const { host = LOOPBACK, port = VPCD_PORT, signal, listener } = options;
  let pauseMs: number = PAUSE_MS.first;
  while (!signal.aborted) {
    const socket = await dial(host, port, signal);
    if (socket) {
      listener?.({ type: "inserted" });
      const wasAsked = await serveReader(socket, card, options);
      if (wasAsked) pauseMs = PAUSE_MS.first;
    }
    if (isAborted(signal)) return;
    listener?.({ type: "noReader", pauseMs });
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS.most);
  }
};

/** A function, since the compiler takes a signal that was found quiet for quiet ever after. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** @returns undefined where nobody listens */
const dial = (host: string, port: number, signal: AbortSignal): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true, signal });
    socket.once("connect", () => {
      resolve(socket);
    });
    socket.once("error", () => {
      resolve(undefined);
    });
  });

/** @returns whether the reader asked for anything before it went away */
const serveReader = async (
  socket: Socket,
  card: Transport,
  { atr = VIRTUAL_CARD_ATR }: ServeVpcdOptions,
): Promise<boolean> => {
  const frames = new FrameReader();
  let wasAsked = false;
  try {
    for await (const chunk of chunksOf(socket)) {
      for (const body of frames.push(chunk)) {
        wasAsked = true;
        const answer = await answerTo(body, card, atr);
        if (answer) socket.write(encodeFrame(answer));
      }
    }
  } finally {
    socket.destroy();
  }
  await card.reset();
  return wasAsked;
};

/** Ends, and does not throw, when the socket breaks off. */
async function* chunksOf(socket: Socket): AsyncGenerator<Uint8Array> {
  // Between two reads nobody else would hear an error, and an unheard one ends the process.
  socket.on("error", () => undefined);
  try {
    for await (const chunk of socket) yield chunk as Uint8Array;
  } catch {
    return;
  }
}

/** @returns what goes back; undefined for controls that want no answer */
const answerTo = async (
  body: Uint8Array,
  card: Transport,
  atr: Uint8Array,
): Promise<Uint8Array | undefined> => {
  if (body.length > 1) return card.transmit(body);
  if (body[0] === CONTROL.askAtr) return atr;
  if (RESETTING.has(body[0] ?? -1)) await card.reset();
  return undefined;
};
