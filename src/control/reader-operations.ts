import { TRIES_BUT_THE_LAST } from "../bridge/card-session.ts";
import type { CardKeeper, PlaceView } from "../cards/card-keeper.ts";
import type { SlotState } from "../cards/card-slot.ts";
import { whyNotOpen } from "../cards/why-not-open.ts";
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
      throw whyNotOpen(state);
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
