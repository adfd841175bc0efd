import type { PimCard } from "../../card/index.ts";
import type { HistoryEntry, StoredSync } from "../store/history-store.ts";
import { pruneHistory } from "../store/history-pruning.ts";
import type { ItemDone } from "./item-event.ts";
import { MassDeletionGuard } from "./mass-deletion.ts";
import { reasonOfError } from "./status-map.ts";
import { INTERRUPTED, type SyncEnd } from "./sync-history.ts";
import { SyncJournal, type Former } from "./sync-journal.ts";
import { SyncReport, type CountedOp } from "./sync-report.ts";
import type { ReadyStep, UndoDeps, UndoOutcome, UndoPlace, UndoWatch } from "./undo-step.ts";
import { writesOf, writeStep } from "./undo-write.ts";

/** Steps between two moments in which everything is durable. */
const SLICE = 25;

/** Deletions first: they make room. */
const ORDER = { delete: 0, replace: 1, restore: 2 } as const;

const COUNTED = {
  delete: "deleted",
  replace: "changed",
  restore: "added",
} as const satisfies Record<ReadyStep["step"]["type"], CountedOp>;

const TOLD: Readonly<Record<UndoOutcome, ItemDone | undefined>> = {
  "to be done": undefined,
  done: undefined,
  "left alone": "changed since, left alone",
  "no room": "no room on the card",
  "not kept": "content not kept",
};

const TOLD_DONE = { delete: "deleted", replace: "replaced", restore: "restored" } as const;

/** Carries steps out as nobody's writes, and records them as any sync's are: an undo can be undone. */
export class UndoRun {
  readonly #deps: UndoDeps;
  readonly #place: UndoPlace;
  readonly #stored: StoredSync;
  readonly #newestCsn: number;
  readonly #journal: SyncJournal;
  readonly #report = new SyncReport();
  readonly #outcomes = new Map<ReadyStep, UndoOutcome>();
  readonly #startedMs: number;

  constructor(
    deps: UndoDeps,
    sync: { readonly place: UndoPlace; readonly stored: StoredSync; readonly newestCsn: number },
  ) {
    this.#deps = deps;
    this.#place = sync.place;
    this.#stored = sync.stored;
    this.#newestCsn = sync.newestCsn;
    this.#startedMs = deps.clock.now();
    const { held, database } = sync.place;
    this.#journal = new SyncJournal({
      cipher: deps.cipher,
      kept: deps.kept,
      place: { cardUuid: held.uuid, epoch: held.epoch, database },
      now: () => deps.clock.now(),
      entry: () => this.#entry(INTERRUPTED),
      base: () => "none",
      undoOf: sync.stored.entry.id,
    });
  }

  /** Undefined where nothing had to be written. */
  get historyId(): number | undefined {
    return this.#journal.historyId;
  }

  /** @returns what became of each step @throws CardError where the card fails: what was done stays, and is recorded */
  async perform(
    card: PimCard,
    ready: readonly ReadyStep[],
    isWanted: (step: ReadyStep) => boolean,
    watch: UndoWatch,
  ): Promise<ReadonlyMap<ReadyStep, UndoOutcome>> {
    const wanted = ready.filter((each) => isWanted(each) && isPossible(each));
    if (wanted.length === 0) return this.#tellLeft(ready, isWanted);
    try {
      await this.#guardDeletions(card, wanted);
      await this.#carryOut(card, wanted, watch);
      this.#tellLeft(ready, isWanted);
      const isWhole = ready.every((each) => this.#outcomes.get(each) === "done");
      await this.#end({ outcome: isWhole ? "ok" : "partial", reason: this.#reason });
    } catch (error) {
      await this.#end({ outcome: "failed", reason: reasonOfError(error) }, false);
      throw error;
    }
    return this.#outcomes;
  }

  async #carryOut(
    card: PimCard,
    wanted: readonly ReadyStep[],
    { progress, signal }: UndoWatch,
  ): Promise<void> {
    const steps = [...wanted].sort((a, b) => ORDER[a.step.type] - ORDER[b.step.type]);
    for (let at = 0; at < steps.length; at += SLICE) {
      progress?.(at, steps.length);
      if (signal?.aborted === true) return;
      await this.#slice(card, steps.slice(at, at + SLICE));
    }
  }

  get #reason(): string {
    return `undo of sync ${String(this.#stored.entry.id)}`;
  }

  async #guardDeletions(card: PimCard, wanted: readonly ReadyStep[]): Promise<void> {
    const { db, log } = this.#deps;
    const { database, datastore, records } = this.#place;
    const journal = this.#journal;
    const guard = new MassDeletionGuard({ db, log, database, datastore, records, journal });
    const going = wanted.flatMap(({ step }) => (step.type === "delete" ? [step.recordId] : []));
    await guard.isReady(card, going, () => false);
  }

  /** What the records hold is durable before the first of them is written, what was written before the next slice. */
  async #slice(card: PimCard, steps: readonly ReadyStep[]): Promise<void> {
    const former = await this.#former(card, steps);
    await this.#deps.db
      .transaction()
      .execute((trx) => this.#journal.announce(trx, steps.flatMap(writesOf), former));
    for (const each of steps) {
      const outcome = await writeStep(card, { place: this.#place, journal: this.#journal }, each);
      this.#outcomes.set(each, outcome);
      this.#tell(each, outcome);
    }
    await this.#flush(true);
  }

  async #former(card: PimCard, steps: readonly ReadyStep[]): Promise<Former> {
    const ids = steps.map(({ step }) => step.recordId);
    return { contents: await this.#place.records.raw(card, ids), newestCsn: this.#newestCsn };
  }

  #tell(each: ReadyStep, outcome: UndoOutcome): void {
    const { step, former } = each;
    const item = former === undefined ? undefined : this.#place.records.itemOf(former);
    this.#journal.items.undone(step.recordId, TOLD[outcome] ?? TOLD_DONE[step.type], item);
    if (outcome === "done") this.#report.countReceived(COUNTED[step.type], 200);
    else this.#report.received.failed += 1;
  }

  /** What is not done is named in the history, too. */
  #tellLeft(
    ready: readonly ReadyStep[],
    isWanted: (step: ReadyStep) => boolean,
  ): ReadonlyMap<ReadyStep, UndoOutcome> {
    for (const each of ready) {
      if (this.#outcomes.has(each)) continue;
      const isStopped = isWanted(each) && isPossible(each);
      const outcome = isStopped ? "to be done" : isWanted(each) ? "not kept" : "left alone";
      this.#outcomes.set(each, outcome);
      if (!isStopped) this.#tell(each, outcome);
    }
    return this.#outcomes;
  }

  async #flush(isCertain: boolean): Promise<void> {
    await this.#deps.db.transaction().execute(async (trx) => {
      await this.#place.image.flush(trx);
      await this.#journal.flush(trx, isCertain);
    });
  }

  async #end(end: SyncEnd, isCertain = true): Promise<void> {
    const { db, clock } = this.#deps;
    const { held, database } = this.#place;
    const place = { cardUuid: held.uuid, epoch: held.epoch, database };
    await this.#flush(isCertain);
    const dropped = await db.transaction().execute(async (trx) => {
      await this.#journal.end(trx, this.#entry(end));
      return pruneHistory(trx, place, clock.now());
    });
    for (const { historyId, purpose } of dropped) this.#deps.kept.forget(historyId, purpose);
  }

  #entry({ outcome, reason }: SyncEnd): HistoryEntry {
    const { user, peer, datastore } = this.#stored.entry;
    return {
      started_ms: this.#startedMs,
      ended_ms: this.#deps.clock.now(),
      role: "undo",
      card_uuid: this.#place.held.uuid,
      database: this.#place.database,
      user,
      peer,
      datastore,
      type_asked: "undo",
      type_done: "undo",
      counts: JSON.stringify({ sent: this.#report.sent, received: this.#report.received }),
      outcome,
      reason,
    };
  }
}

const isPossible = ({ step, former }: ReadyStep): boolean =>
  step.type === "delete" || former !== undefined;
