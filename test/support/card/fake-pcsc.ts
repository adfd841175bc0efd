import { appendFileSync } from "node:fs";
import type { NumberedRequest, PcscReport } from "../../../card/transport/pcsc/ipc.ts";

/**
 * Stands in for the process that owns PC/SC, to show how the service takes its faults. It has one reader "R" with a card
 * in it. FAKE_PCSC_MODE: `good`, `crash` at the start, `noModule`, `mute` (never answers a ping). FAKE_PCSC_STARTS: a file that
 * gets a line with its pid at each start. What the card does with a command depends on its second byte: {@link FAKE}.
 */
export const FAKE = {
  ok: 0x01,
  resetByOthers: 0x02,
  hang: 0x03,
  exit: 0x04,
  torn: 0x05,
  notTransacted: 0x06,
  /** Answers which requests were made of the reader so far: c, t, r(eset) or l(eave) for each. */
  history: 0x07,
  /** One status for a removal and an insertion. */
  swap: 0x08,
  readersEnded: 0x09,
  /** It comes out, and in again the wrong way round. */
  mute: 0x0a,
} as const;

export const FAKE_ATR = Uint8Array.of(0x3b, 0x00);
const PRESENT = 0x20;
const MUTE = 0x220;
const OK = Uint8Array.of(0x90, 0x00);

const { FAKE_PCSC_MODE: mode, FAKE_PCSC_STARTS: starts } = process.env;
let counter = 1;
let history = "";

const report = (message: PcscReport): void => {
  process.send?.(message);
};

const tellStatus = (): void => {
  report({ type: "status", reader: "R", state: (counter << 16) | PRESENT, atr: FAKE_ATR });
};

const behave: Readonly<Record<number, (id: number) => void>> = {
  [FAKE.resetByOthers]: (id) => {
    report({ type: "failed", id, text: "SCardTransmit error: Card was reset.(0x80100068)" });
  },
  [FAKE.hang]: () => undefined,
  [FAKE.exit]: () => {
    process.exit(3);
  },
  [FAKE.torn]: (id) => {
    report({ type: "done", id, answer: new Uint8Array() });
  },
  [FAKE.notTransacted]: (id) => {
    report({ type: "failed", id, text: "SCardTransmit error: Transaction failed.(0x80100016)" });
  },
  [FAKE.history]: (id) => {
    report({ type: "done", id, answer: Buffer.from(history) });
  },
  [FAKE.swap]: (id) => {
    counter += 2;
    tellStatus();
    report({ type: "done", id, answer: OK });
  },
  [FAKE.mute]: (id) => {
    const state = ((counter + 2) << 16) | MUTE;
    report({ type: "status", reader: "R", state, atr: new Uint8Array() });
    report({ type: "done", id, answer: OK });
  },
  [FAKE.readersEnded]: () => {
    report({ type: "readerEnded", reader: "R" });
    report({ type: "ended", why: "readersEnded", text: "all readers are gone" });
  },
};

const answer = (request: NumberedRequest): void => {
  const { id } = request;
  if (request.type === "ping") {
    if (mode !== "mute") report({ type: "done", id, answer: OK });
    return;
  }
  history += request.type === "disconnect" ? request.disposition.charAt(0) : request.type.charAt(0);
  const behaviour = request.type === "transmit" ? behave[request.command[1] ?? 0] : undefined;
  if (behaviour) behaviour(id);
  else report({ type: "done", id, answer: OK });
};

const start = (): void => {
  if (starts) appendFileSync(starts, `${String(process.pid)}\n`);
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message) => {
    answer(message as NumberedRequest);
  });
  if (mode === "crash") process.exit(2);
  if (mode === "noModule") {
    report({ type: "ended", why: "noModule", text: "Cannot find module 'pcsclite'" });
    return;
  }
  report({ type: "started" });
  tellStatus();
  report({ type: "listed" });
};

if (starts) start();
