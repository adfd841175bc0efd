import type { PimCard, RecordId } from "../../card/index.ts";
import type { ItemOperation } from "../../syncml/index.ts";
import type { Absence } from "../pim/merge/merge-slot.ts";
import type { PreparedItem } from "./card-records.ts";
import type { Intent } from "./intent.ts";
import type { PlannedChange } from "./outgoing-plan.ts";

/** One operation of the peer whose content has been read. */
export type IntakeOperation =
  | {
      readonly type: "put";
      readonly isAdd: boolean;
      readonly luid: ItemOperation["luid"];
      readonly mediaType: string | undefined;
      /** Only the fields that changed came, which are put into the record before anything is decided. */
      readonly isFieldLevel: boolean;
      readonly prepared: PreparedItem;
      /** The item joined with what the card holds; absent where there is nothing to join. */
      readonly merged?: MergedItem;
    }
  | { readonly type: "delete"; readonly luid: ItemOperation["luid"] };

export type PutOperation = Extract<IntakeOperation, { readonly type: "put" }>;

/** What an item of a peer with limits makes of the record that it is. */
export interface MergedItem {
  readonly recordId: RecordId;
  /** What the card is to hold; its `asSent` is the item as it came. */
  readonly prepared: PreparedItem;
  /** The record holds all that the peer said. */
  readonly isHeld: boolean;
  /** The peer can have more of it than it said. */
  readonly isRicher: boolean;
}

/** A record that an item may be joined with. */
export interface MergeCandidate {
  readonly recordId: RecordId;
  /** False: the item is this record only if the record holds all of it. */
  readonly isCertain: boolean;
  readonly absence: Absence;
}

/** How a kind of sync (fast, comparing everything) treats the peer's items and what it sends back. */
export interface Intake {
  /** @returns the records that an item may be, the likeliest first; [] where nothing is to be joined */
  candidates(operation: PutOperation): readonly MergeCandidate[];
  /** @returns the write that this operation may lead to, or undefined where it surely leads to none */
  foresee(operation: IntakeOperation): Omit<Intent, "seq" | "isDone"> | undefined;
  /** Decides and does; @returns the item's Status. */
  take(card: PimCard, operation: IntakeOperation): Promise<number>;
  /** Called when the peer's changes are all in, and again where it comes back with more. @returns what goes to the peer, in sending order */
  plan(card: PimCard): Promise<readonly PlannedChange[]>;
  /** Records that {@link plan} is about to delete. */
  foreseeEnd(): readonly RecordId[];
  /** Records that this sync has accounted for; undefined where the map's other rows stay as they are. */
  accountedFor(): ReadonlySet<RecordId> | undefined;
}
