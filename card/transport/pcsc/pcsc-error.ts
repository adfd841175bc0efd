import { CardError } from "../../errors.ts";
import type { CardErrorCode } from "../../errors.ts";
import type { EndOfPcsc } from "./ipc.ts";

/** The codes that tell us more than that the way to the card broke off. Source: pcsclite.h of PCSC-Lite 1.9. */
const CODES: Readonly<Record<number, readonly [CardErrorCode, string]>> = {
  0x8010000b: ["CARD_BUSY", "another program uses the card"],
  0x8010000c: ["CARD_ABSENT", "there is no card in the reader"],
  0x80100065: ["CARD_ABSENT", "the reader does not support the card"],
  0x80100066: ["CARD_ABSENT", "the card does not answer: is it the right way round?"],
  0x80100067: ["CARD_RESET", "the card was powered down"],
  0x80100068: ["CARD_RESET", "the card was reset"],
  0x80100069: ["CARD_ABSENT", "the card was removed"],
};

/** What PC/SC said, as the cause of a CardError. */
export class PcscError extends Error {
  /** SCARD_E_…, undefined where the text has none. */
  readonly code: number | undefined;

  constructor(text: string) {
    super(text);
    this.name = "PcscError";
    this.code = parseCode(text);
  }
}

/** @param text as pcsclite gives it, such as `SCardTransmit error: Card was removed.(0x80100069)` */
export const parsePcscError = (text: string): CardError => {
  const cause = new PcscError(text);
  const [code, detail] = CODES[cause.code ?? 0] ?? ["CARD_READER_LOST", text];
  return new CardError(code, detail, { cause });
};

/** What is wrong with the daemon itself. */
const DAEMON: Readonly<Record<number, string>> = {
  0x80100013: "the connection to the PC/SC daemon broke off",
  0x8010001d: "the PC/SC daemon does not answer",
  0x8010001e: "the PC/SC daemon is stopping",
  // Its rights are polkit's to give, by default to who sits at the screen.
  0x8010006a: "the PC/SC daemon does not serve this user",
};

/** @returns for people to read, why the way to the readers broke off */
export const plainReason = (why: EndOfPcsc, text: string): string => {
  if (why === "noModule") return `npm's pcsclite cannot be loaded: ${text}`;
  const plain = DAEMON[parseCode(text) ?? 0];
  return plain === undefined ? text : `${plain}: ${text}`;
};

/** The last code in the text counts: a reader's name, which the user may choose, could hold another. */
const parseCode = (text: string): number | undefined => {
  const hex = /.*\b0x([0-9a-f]{8})\b/is.exec(text)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
};
