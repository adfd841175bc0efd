import { CardError } from "../../card/index.ts";
import type { SlotState } from "./card-slot.ts";

/** A PIN that was not taken or not tried; the message is for the operator. */
export class PinRefused extends CardError {
  readonly userMessage: string;

  constructor(userMessage: string) {
    super("CARD_PIN", userMessage);
    this.userMessage = userMessage;
  }
}

/** @returns what to throw where a card that is there is needed and is not open */
export function whyNotOpen(state: SlotState): Error {
  switch (state.type) {
    case "failed":
      return state.error instanceof Error ? state.error : new Error(String(state.error));
    case "busy":
      return new CardError("CARD_BUSY", "another program has the card");
    case "foreign":
      return new CardError("CARD_ABSENT", "no applet of ours on this card");
    case "locked":
      return new PinRefused(describeLock(state));
    case "blocked":
      return new PinRefused("The PIN is blocked; `cardsync card pin unblock` needs the PUK.");
    case "transportPin":
      return new PinRefused("The card is new: `cardsync card pin set` gives it its own PIN first.");
    case "open":
    case "opening":
      return new CardError("CARD_PIN", "the card was not opened");
  }
}

function describeLock({ wasWrong, triesLeft }: Extract<SlotState, { type: "locked" }>): string {
  const tries = `Tries left: ${String(triesLeft)}.`;
  if (wasWrong) return `The PIN is wrong. ${tries}`;
  if (triesLeft === 1) return `${tries} The last one is only used with --last-try.`;
  return `The card is locked. \`cardsync card unlock\` takes its PIN. ${tries}`;
}
