import type { PimCard, RecordId } from "../../card/index.ts";
import { FastIntake } from "./fast-intake.ts";
import type { Intake } from "./item-intake.ts";
import { inOrder, type PlannedChange } from "./outgoing-plan.ts";
import { STATUS } from "./status-map.ts";

/** The card's changes go to the peer; what the peer sends is not allowed (405). */
export class OneWayIntake implements Intake {
  readonly #fast: FastIntake;

  constructor(fast: FastIntake) {
    this.#fast = fast;
  }

  candidates(): readonly [] {
    return [];
  }

  foresee(): undefined {
    return undefined;
  }

  take(): Promise<number> {
    return Promise.resolve(STATUS.notAllowed);
  }

  plan(card: PimCard): Promise<readonly PlannedChange[]> {
    return this.#fast.plan(card);
  }

  foreseeEnd(): readonly RecordId[] {
    return [];
  }

  accountedFor(): undefined {
    return undefined;
  }
}

/** The peer empties its datastore and gets everything from the card. */
export class RefreshIntake implements Intake {
  readonly #live: readonly RecordId[];

  constructor(live: Iterable<RecordId>) {
    this.#live = [...live];
  }

  candidates(): readonly [] {
    return [];
  }

  foresee(): undefined {
    return undefined;
  }

  take(): Promise<number> {
    return Promise.resolve(STATUS.notAllowed);
  }

  plan(): Promise<readonly PlannedChange[]> {
    return Promise.resolve(inOrder(this.#live.map((recordId) => ({ op: "add", recordId }))));
  }

  foreseeEnd(): readonly RecordId[] {
    return [];
  }

  accountedFor(): ReadonlySet<RecordId> {
    return new Set(this.#live);
  }
}
