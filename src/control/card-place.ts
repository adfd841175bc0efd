import type { OfflineView, PlaceView } from "../cards/card-keeper.ts";
import type { SlotState } from "../cards/card-slot.ts";

/** A reader or a virtual card as `card list --json` prints it. */
export interface CardPlace {
  readonly kind: PlaceView["kind"];
  /** A virtual card's file, or a reader's name. */
  readonly reader: string;
  readonly state: "empty" | SlotState["type"];
  /** Of a card that is open: nothing tells who it is before. */
  readonly card?: { readonly uuid: string; readonly label: string };
  readonly pinTriesLeft?: number;
  /** What the operator may do about it. */
  readonly hint?: string;
}

export interface CardPlaces {
  readonly places: readonly CardPlace[];
  /** Kinds of readers that cannot be reached, and why. */
  readonly offline: readonly OfflineView[];
}
