import type { PimCard, RecordId } from "../../card/index.ts";
import { modifiedAtMs } from "../pim/modified-at.ts";
import { exchanged } from "./card-records.ts";
import type { CardWriter } from "./card-writer.ts";
import { resolveConflict } from "./conflict.ts";
import type { ImageEntry } from "./image.ts";
import type { Intent } from "./intent.ts";
import type {
  Intake,
  IntakeOperation,
  MergeCandidate,
  MergedItem,
  PutOperation,
} from "./item-intake.ts";
import { afterReceived, type MapRow } from "./map-row.ts";
import { inOrder, type PlannedChange } from "./outgoing-plan.ts";
import { matchSlow, UnmatchedRecords, type SlowAction } from "./slow-match.ts";
import { STATUS } from "./status-map.ts";
import { nextGeneration, type SyncContext } from "./sync-context.ts";

/**
 * A sync that compares everything: slow, and refresh from the peer (where what the peer does not have is deleted
 * once its package is complete, and nothing before).
 */
export class SlowIntake implements Intake {
  readonly #context: SyncContext;
  readonly #writer: CardWriter;
  readonly #unmatched: UnmatchedRecords;
  readonly #replaces = new Set<RecordId>();
  readonly #matched = new Set<RecordId>();

  constructor(context: SyncContext, writer: CardWriter, entries: Iterable<ImageEntry>) {
    this.#context = context;
    this.#writer = writer;
    this.#unmatched = new UnmatchedRecords(entries);
  }

  candidates({ luid, prepared }: PutOperation): readonly MergeCandidate[] {
    const { hash, strongKey } = prepared;
    const row = this.#context.map.ofLuid(luid);
    if (row !== undefined && this.#matched.has(row.recordId))
      return [{ recordId: row.recordId, isCertain: true, absence: "deleted" }];
    if (this.#unmatched.findEqual(hash, undefined) !== undefined) return [];
    const hinted = row === undefined ? undefined : this.#unmatched.get(row.recordId);
    const isCertain = strongKey !== "" && hinted?.strongKey === strongKey;
    const absence = isCertain && !this.#isRefresh ? "kept" : "deleted";
    const others = strongKey === "" ? [] : this.#unmatched.withKey(strongKey);
    return [
      ...(hinted === undefined ? [] : [{ recordId: hinted.recordId, isCertain, absence } as const]),
      ...others
        .filter((recordId) => recordId !== hinted?.recordId)
        .map((recordId) => ({ recordId, isCertain: false, absence: "deleted" }) as const),
    ];
  }

  foresee(operation: IntakeOperation): Omit<Intent, "seq" | "isDone"> | undefined {
    if (operation.type === "delete") return undefined;
    const { hash, strongKey } = operation.prepared;
    if (this.#unmatched.findEqual(hash, undefined) !== undefined) return undefined;
    const row = this.#context.map.ofLuid(operation.luid);
    const hinted = row === undefined ? undefined : this.#unmatched.get(row.recordId);
    const { merged } = operation;
    if (merged?.isHeld === true && merged.recordId === hinted?.recordId) return undefined;
    const isUpdate = hinted !== undefined && strongKey !== "" && hinted.strongKey === strongKey;
    return isUpdate
      ? { luid: operation.luid, op: "update", hash, strongKey, recordId: hinted.recordId }
      : { luid: operation.luid, op: "create", hash, strongKey };
  }

  async take(card: PimCard, operation: IntakeOperation): Promise<number> {
    if (operation.type === "delete") return STATUS.notDeleted;
    const row = this.#rowOf(operation);
    if (row !== undefined && this.#matched.has(row.recordId))
      return this.#takeAgain(card, operation, row);
    const times = await this.#times(card, operation, row);
    const action = matchSlow(
      {
        hash: operation.prepared.hash,
        strongKey: operation.prepared.strongKey,
        ...(row === undefined ? {} : { row }),
        ...(operation.merged?.isHeld === true ? { held: operation.merged.recordId } : {}),
        isRowTrusted: this.#context.isMapTrusted,
        isRefresh: this.#isRefresh,
        resolve: () => this.#resolve(times),
      },
      this.#unmatched,
    );
    return this.#perform(card, operation, action);
  }

  async plan(card: PimCard): Promise<readonly PlannedChange[]> {
    if (this.#isRefresh) {
      await this.#deleteUnmatched(card);
      return [];
    }
    return inOrder([
      ...[...this.#replaces].map((recordId) => ({ op: "replace", recordId }) as const),
      ...[...this.#unmatched.ids(), ...this.#writer.copies].map(
        (recordId) => ({ op: "add", recordId }) as const,
      ),
    ]);
  }

  foreseeEnd(): readonly RecordId[] {
    return this.#isRefresh ? [...this.#unmatched.ids()] : [];
  }

  accountedFor(): ReadonlySet<RecordId> {
    return new Set([...this.#matched, ...this.#unmatched.ids(), ...this.#writer.copies]);
  }

  async #perform(card: PimCard, operation: PutOperation, action: SlowAction): Promise<number> {
    const { luid, prepared } = operation;
    switch (action.type) {
      case "create": {
        const status = await this.#writer.create(card, luid, prepared, action.status);
        const row = this.#context.map.ofLuid(luid);
        if (status !== STATUS.full && row !== undefined) this.#matched.add(row.recordId);
        return status;
      }
      case "match":
        this.#match(action.recordId, operation);
        if (!action.isSettled) this.#replaces.add(action.recordId);
        return action.status;
      case "update":
        return this.#update(card, action.recordId, operation, action.status);
    }
  }

  #match(recordId: RecordId, operation: PutOperation): void {
    const { luid } = operation;
    const merged = mergedWith(recordId, operation);
    const content = exchanged(merged?.isHeld === true ? merged.prepared : operation.prepared);
    this.#writer.bind(recordId, luid, content.hash);
    const createdGen = nextGeneration(this.#context);
    const row = { recordId, luid, sentState: "idle", createdGen } as const;
    this.#context.map.set(afterReceived(row, luid, content));
    this.#claim(recordId);
    if (merged?.isHeld === true && merged.isRicher) this.#replaces.add(recordId);
  }

  /** The row stays what it was until the card has the content: only then has it been received. */
  async #update(
    card: PimCard,
    recordId: RecordId,
    operation: PutOperation,
    statusOfUpdate: number,
  ): Promise<number> {
    const { luid } = operation;
    const merged = mergedWith(recordId, operation);
    const createdGen = nextGeneration(this.#context);
    const row = { recordId, luid, sentState: "idle", createdGen } as const;
    const write = { type: "update", status: statusOfUpdate } as const;
    this.#claim(recordId);
    const prepared = merged?.prepared ?? operation.prepared;
    const status = await this.#writer.update(card, row, prepared, write);
    if (status === STATUS.duplicated || merged?.isRicher === true) this.#replaces.add(recordId);
    return status;
  }

  #claim(recordId: RecordId): void {
    this.#unmatched.take(recordId);
    this.#matched.add(recordId);
  }

  /** The peer names an item a second time in one sync: its later word counts. */
  async #takeAgain(card: PimCard, operation: PutOperation, row: NamedRow): Promise<number> {
    const { hash } = operation.prepared;
    const merged = mergedWith(row.recordId, operation);
    if (row.receivedHash === hash || merged?.isHeld === true) return STATUS.ok;
    const write = { type: "update", status: STATUS.ok } as const;
    return this.#writer.update(card, row, merged?.prepared ?? operation.prepared, write);
  }

  get #isRefresh(): boolean {
    return this.#context.syncType === "refreshFromClient";
  }

  #rowOf(operation: PutOperation): NamedRow | undefined {
    const row = this.#context.map.ofLuid(operation.luid);
    return row === undefined ? undefined : { ...row, luid: operation.luid };
  }

  async #times(
    card: PimCard,
    operation: PutOperation,
    row: MapRow | undefined,
  ): Promise<{ readonly cardMs?: number; readonly peerMs?: number }> {
    if (this.#context.policy !== "newest" || row === undefined) return {};
    if (this.#unmatched.get(row.recordId) === undefined) return {};
    const item = (await this.#context.records.items(card, [row.recordId])).get(row.recordId);
    const cardMs = item === undefined ? undefined : modifiedAtMs(item);
    const peerMs = modifiedAtMs(operation.prepared.item);
    return {
      ...(cardMs === undefined ? {} : { cardMs }),
      ...(peerMs === undefined ? {} : { peerMs }),
    };
  }

  #resolve(times: {
    readonly cardMs?: number;
    readonly peerMs?: number;
  }): "card" | "peer" | "both" {
    return this.#isRefresh ? "peer" : resolveConflict(this.#context.policy, times);
  }

  async #deleteUnmatched(card: PimCard): Promise<void> {
    const { database, records, map } = this.#context;
    for (const recordId of this.#unmatched.ids()) {
      const answer = await card.delete(database, recordId, {});
      if (answer.type === "conflict") continue;
      if (answer.type === "deleted") this.#tellDeleted(recordId);
      this.#unmatched.take(recordId);
      this.#context.report.countReceived("deleted", STATUS.ok);
      map.remove(recordId);
      await records.deleted(recordId);
    }
  }

  #tellDeleted(recordId: RecordId): void {
    const { journal } = this.#context;
    journal.wrote({ type: "delete", recordId });
    journal.items.removed(recordId);
  }
}

const mergedWith = (recordId: RecordId, { merged }: PutOperation): MergedItem | undefined =>
  merged?.recordId === recordId ? merged : undefined;

type NamedRow = MapRow & { readonly luid: PutOperation["luid"] };
