import type { PimCard, RecordId } from "../../card/index.ts";
import type { ItemOperation } from "../../syncml/index.ts";
import type { PreparedItem } from "./card-records.ts";
import type { Intent } from "./intent.ts";
import type { PlannedChange } from "./outgoing-plan.ts";

/** One operation of the peer whose content has been read. */
export type IntakeOperation =
  | {
      readonly type: "put";
      readonly isAdd: boolean;
      readonly luid: ItemOperation["luid"];
      readonly prepared: PreparedItem;
    }
  | { readonly type: "delete"; readonly luid: ItemOperation["luid"] };

export type PutOperation = Extract<IntakeOperation, { readonly type: "put" }>;

/** How a kind of sync (fast, comparing everything) treats the peer's items and what it sends back. */
export interface Intake {
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
