/** What went wrong, by code: meaning, and whether the same call may succeed later without anybody's help. */
export const CARD_ERRORS = {
  CARD_ABSENT: { meaning: "there is no card, or no such card file", retryable: true },
  CARD_EXISTS: { meaning: "a card is to be made where a file is already", retryable: false },
  CARD_READER_LOST: { meaning: "the way to the card broke off", retryable: true },
  CARD_BUSY: { meaning: "another program has the card for itself", retryable: true },
  CARD_STATUS_WORD: { meaning: "the card refused a command", retryable: false },
  CARD_PIN: { meaning: "the PIN is missing, wrong or blocked", retryable: false },
  CARD_FULL: { meaning: "the card has no room for it", retryable: false },
  CARD_MALFORMED: { meaning: "an answer or a card file breaks the protocol", retryable: false },
  CARD_RESET: { meaning: "the card lost its session: PIN and open syncs", retryable: true },
} as const;

export type CardErrorCode = keyof typeof CARD_ERRORS;

export interface CardErrorDetails {
  readonly sw?: number;
  readonly ins?: number;
  readonly cause?: unknown;
}

/** The only exception that card/ throws. `sw` and `ins` are there where a status word of the card led to it. */
export class CardError extends Error {
  readonly code: CardErrorCode;
  readonly retryable: boolean;
  readonly sw: number | undefined;
  readonly ins: number | undefined;

  constructor(code: CardErrorCode, detail: string, details: CardErrorDetails = {}) {
    super(`${code}: ${detail}`, details.cause === undefined ? {} : { cause: details.cause });
    this.name = "CardError";
    this.code = code;
    this.retryable = CARD_ERRORS[code].retryable;
    this.sw = details.sw;
    this.ins = details.ins;
  }
}
