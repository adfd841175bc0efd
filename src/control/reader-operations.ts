import { CardError } from "../../card/index.ts";
import { TRIES_BUT_THE_LAST } from "../bridge/card-session.ts";
import type { CardKeeper, PlaceView } from "../cards/card-keeper.ts";
import type { SlotState } from "../cards/card-slot.ts";
import type { CardPlace } from "./card-place.ts";
import type { Operations } from "./operations.ts";

type ReaderOperations = Pick<Operations, "cardList" | "cardUnlock">;

/** Readers, the cards in them, and the PINs that a person gives for them. */
export function readerOperations(keeper: CardKeeper): ReaderOperations {
  return {
    async cardList() {
      await keeper.settled();
      return { places: keeper.list().map(toPlace), offline: keeper.offline() };
    },
    async cardUnlock({ reader, pin, useLastTry }) {
      const state = await keeper.unlock(reader, pin, useLastTry ? 1 : TRIES_BUT_THE_LAST);
      if (state.type === "open") return { uuid: state.held.uuid, label: state.held.label };
      throw lockedError(state);
    },
  };
}

function toPlace({ kind, reader, slot }: PlaceView): CardPlace {
  if (slot === undefined) return { kind, reader, state: "empty" };
  const hint = HINTS[slot.type];
  return {
    kind,
    reader,
    state: slot.type,
    ...(slot.type === "open" && { card: { uuid: slot.held.uuid, label: slot.held.label } }),
    ...(slot.type === "locked" && { pinTriesLeft: slot.triesLeft }),
    ...(hint === undefined ? {} : { hint }),
  };
}

const HINTS: Readonly<Partial<Record<SlotState["type"], string>>> = {
  locked: "cardsync card unlock",
  blocked: "the PIN is blocked: cardsync card pin unblock",
  transportPin: "a new card: cardsync card pin set",
  foreign: "no card of ours",
  busy: "another program uses it",
  failed: "it does not answer; the log says why",
};

/** @returns what to throw where a person's PIN did not open the card */
export function lockedError(state: SlotState): Error {
  switch (state.type) {
    case "failed":
      return state.error instanceof Error ? state.error : new Error(String(state.error));
    case "busy":
      return new CardError("CARD_BUSY", "another program has the card");
    case "foreign":
      return new CardError("CARD_ABSENT", "no applet of ours on this card");
    case "locked":
      return new PinRefused(
        state.wasWrong ? wrongPin(state.triesLeft) : tooFewTries(state.triesLeft),
      );
    case "blocked":
      return new PinRefused("The PIN is blocked; `cardsync card pin unblock` needs the PUK.");
    case "transportPin":
      return new PinRefused("The card is new: `cardsync card pin set` gives it its own PIN first.");
    case "open":
    case "opening":
      return new CardError("CARD_PIN", "the card was not opened");
  }
}

/** A PIN that was not taken or not tried; the message is for the operator. */
export class PinRefused extends CardError {
  readonly userMessage: string;

  constructor(userMessage: string) {
    super("CARD_PIN", userMessage);
    this.userMessage = userMessage;
  }
}

const wrongPin = (triesLeft: number): string =>
  `The PIN is wrong. Tries left: ${String(triesLeft)}.`;

const tooFewTries = (triesLeft: number): string =>
  `Tries left: ${String(triesLeft)}. The last one is only used with --last-try.`;
