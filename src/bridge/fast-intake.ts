import type { PimCard, RecordId } from "../../card/index.ts";
import { modifiedAtMs } from "../pim/modified-at.ts";
import { exchanged } from "./card-records.ts";
import type { CardWriter } from "./card-writer.ts";
import { resolveConflict } from "./conflict.ts";
import type { Intent } from "./intent.ts";
import type { Intake, IntakeOperation, MergeCandidate, PutOperation } from "./item-intake.ts";
import {
  decideDelete,
  decidePut,
  isOthers,
  type ItemAction,
  type PutFacts,
  type RecordState,
} from "./item-rules.ts";
import {
  afterDeletedUnmapped,
  afterEnriched,
  afterReceived,
  afterUnmapped,
  heldByPeer,
  type ExchangedContent,
  type MapRow,
} from "./map-row.ts";
import { inOrder, planFast, type PlannedChange } from "./outgoing-plan.ts";
import { STATUS } from "./status-map.ts";
import { baseGeneration, nextGeneration, type SyncContext } from "./sync-context.ts";

/** Rows as they come from {@link FastIntake}: the LUID is there because they were found by it. */
type NamedRow = MapRow & { readonly luid: IntakeOperation["luid"] };

/** A fast sync: only what changed since the base is exchanged. */
export class FastIntake implements Intake {
  readonly #context: SyncContext;
  readonly #writer: CardWriter;
  readonly #named = new Set<RecordId>();
  readonly #settled = new Set<RecordId>();
  readonly #enriched = new Set<RecordId>();

  constructor(context: SyncContext, writer: CardWriter) {
    this.#context = context;
    this.#writer = writer;
  }

  candidates(operation: PutOperation): readonly MergeCandidate[] {
    const row = this.#rowOf(operation);
    if (row === undefined || this.#stateOf(row).isDeleted) return [];
    return [{ recordId: row.recordId, isCertain: true, absence: "deleted" }];
  }

  foresee(operation: IntakeOperation): Omit<Intent, "seq" | "isDone"> | undefined {
    const { luid } = operation;
    const row = this.#rowOf(operation);
    if (operation.type === "delete")
      return row === undefined ? undefined : { luid, op: "delete", recordId: row.recordId };
    const { hash, strongKey } = operation.prepared;
    if (row === undefined || row.deletedGen !== undefined)
      return { luid, op: "create", hash, strongKey };
    const state = this.#stateOf(row);
    if (state.hash === hash || operation.merged?.isHeld === true) return undefined;
    const op = isOthers(state) ? "resolve" : "update";
    return { luid, op, hash, strongKey, recordId: row.recordId };
  }

  async take(card: PimCard, operation: IntakeOperation): Promise<number> {
    const row = this.#rowOf(operation);
    if (row !== undefined) this.#named.add(row.recordId);
    if (operation.type === "delete") {
      const action = decideDelete(row === undefined ? undefined : this.#mapped(row));
      return row === undefined ? action.status : this.#perform(card, action, row, undefined);
    }
    if (row === undefined) return this.#takeNew(card, operation);
    const action = decidePut(await this.#factsOf(card, operation, row));
    return this.#perform(card, action, row, operation);
  }

  async plan(card: PimCard): Promise<readonly PlannedChange[]> {
    const { map, listed, records } = this.#context;
    await map.load({ type: "records", ids: [...listed.keys()] });
    const unfinished = map.rows().filter((row) => row.sentState !== "idle");
    const unlisted = unfinished.map((row) => row.recordId).filter((id) => !listed.has(id));
    const live = await records.live(card, unlisted);
    this.#parkDeletedAdds(live);
    const planned = planFast({
      listed: [...listed].map(([recordId, state]) => ({ recordId, ...state })),
      unfinished,
      rowOf: (recordId) => map.ofRecord(recordId),
      settled: new Set([...this.#settled, ...this.#writer.written]),
      named: this.#named,
      isLive: (recordId) => live.has(recordId),
      isFromPrevious: this.#context.base === "previous",
    });
    return [
      ...inOrder([
        ...planned,
        ...[...this.#enriched].map((recordId) => ({ op: "replace", recordId }) as const),
      ]),
      ...this.#writer.copies.map((recordId) => ({ op: "add", recordId }) as const),
    ];
  }

  /** Records that were deleted before the peer said whether it got them. */
  #parkDeletedAdds(live: ReadonlySet<RecordId>): void {
    const { map, listed } = this.#context;
    for (const row of map.rows()) {
      const isGone = listed.get(row.recordId)?.isDeleted ?? !live.has(row.recordId);
      const isOpen = row.luid === undefined && row.deletedGen === undefined;
      if (isGone && isOpen && (listed.has(row.recordId) || row.sentState !== "idle"))
        map.set(afterDeletedUnmapped(row, nextGeneration(this.#context)));
    }
  }

  foreseeEnd(): readonly RecordId[] {
    return [];
  }

  accountedFor(): undefined {
    return undefined;
  }

  /** An Add that comes again after its Map row was lost is recognised among this peer's own unfinished creations. */
  async #takeNew(card: PimCard, operation: PutOperation): Promise<number> {
    const { luid, prepared } = operation;
    const orphan = this.#orphanLike(prepared.hash);
    if (orphan === undefined) return this.#writer.create(card, luid, prepared, STATUS.added);
    this.#named.add(orphan);
    this.#writer.bind(orphan, luid, prepared.hash);
    this.#context.map.set({
      recordId: orphan,
      luid,
      receivedHash: prepared.hash,
      sentState: "idle",
      createdGen: this.#context.link.generation + 1,
    });
    return STATUS.added;
  }

  #orphanLike(hash: string): RecordId | undefined {
    for (const [recordId, state] of this.#context.listed)
      if (
        state.changedBy === "peer" &&
        !state.isDeleted &&
        state.hash === hash &&
        this.#context.map.ofRecord(recordId) === undefined
      )
        return recordId;
    return undefined;
  }

  async #perform(
    card: PimCard,
    action: ItemAction,
    row: NamedRow,
    put: PutOperation | undefined,
  ): Promise<number> {
    switch (action.type) {
      case "keep":
        if (action.isSettled) {
          this.#settle(row, put && exchanged(put.merged?.prepared ?? put.prepared));
          if (put?.merged?.isRicher === true) this.#enrich(row.recordId);
        } else if (action.status === STATUS.serverWon && put) this.#refuse(row, put.prepared.hash);
        return action.status;
      case "sendBack":
        this.#context.map.set(afterUnmapped(row));
        return action.status;
      case "delete":
        this.#settled.add(row.recordId);
        return this.#writer.delete(card, row, action.status);
      case "copy":
      case "create":
      case "createForReusedLuid":
      case "revive":
      case "update":
        return put === undefined ? STATUS.failed : this.#write(card, action, row, put);
    }
  }

  async #write(
    card: PimCard,
    action: WritingAction,
    row: NamedRow,
    put: PutOperation,
  ): Promise<number> {
    const { prepared } = put;
    switch (action.type) {
      case "copy":
        return this.#writer.copy(card, row, prepared);
      case "createForReusedLuid":
        if (action.old === "delete") await this.#writer.delete(card, row, STATUS.ok);
        else this.#context.map.set(afterUnmapped(row));
        return this.#writer.create(card, row.luid, prepared, action.status);
      case "create":
        return this.#writer.create(card, row.luid, prepared, action.status);
      case "update":
      case "revive":
        return this.#update(card, row, put, { type: action.type, status: action.status });
    }
  }

  /** A record that meanwhile changed under our hands stays in the list and goes out; everything else is settled. */
  async #update(
    card: PimCard,
    row: NamedRow,
    { prepared, merged }: PutOperation,
    write: { readonly type: "update" | "revive"; readonly status: number },
  ): Promise<number> {
    const status = await this.#writer.update(card, row, merged?.prepared ?? prepared, write);
    if (status === STATUS.duplicated || status === STATUS.full) return status;
    this.#settled.add(row.recordId);
    if (merged?.isRicher === true) this.#enrich(row.recordId);
    return status;
  }

  /** What the peer can have of the record and did not say itself goes out, should this sync break off in the next. */
  #enrich(recordId: RecordId): void {
    const row = this.#context.map.ofRecord(recordId);
    if (row?.luid === undefined) return;
    this.#context.map.set(afterEnriched(row));
    this.#enriched.add(recordId);
  }

  /** The peer's version lost: should it come again, it is no edit of what was sent since. */
  #refuse(row: NamedRow, hash: string): void {
    this.#context.map.set(afterReceived(row, row.luid, { hash }));
  }

  #settle(row: NamedRow, content: ExchangedContent | undefined): void {
    this.#settled.add(row.recordId);
    const { map, link } = this.#context;
    if (content !== undefined) map.set(afterReceived(row, row.luid, content));
    else if (row.deletedGen === undefined)
      map.set({ ...row, sentState: "idle", deletedGen: link.generation + 1 });
  }

  async #factsOf(card: PimCard, operation: PutOperation, row: NamedRow): Promise<PutFacts> {
    const { prepared, isAdd } = operation;
    const record = await this.#withKey(card, row.recordId, this.#stateOf(row), isAdd);
    const cardMs = record.changedBy === "others" ? await this.#modifiedMs(card, row) : undefined;
    const peerMs = modifiedAtMs(prepared.item);
    return {
      isAdd,
      hash: prepared.hash,
      strongKey: prepared.strongKey,
      isHeld: operation.merged?.isHeld === true,
      mapped: { row, record },
      intentHashes: this.#intentHashes(row),
      baseGeneration: baseGeneration(this.#context),
      resolve: () =>
        resolveConflict(this.#context.policy, {
          ...(cardMs === undefined ? {} : { cardMs }),
          ...(peerMs === undefined ? {} : { peerMs }),
        }),
    };
  }

  /** The strong key of an unlisted record is needed only for an Add under its LUID, which is rare. */
  async #withKey(
    card: PimCard,
    recordId: RecordId,
    state: RecordState,
    isAdd: boolean,
  ): Promise<RecordState> {
    if (!isAdd || state.strongKey !== undefined || state.isDeleted) return state;
    const strongKey = await this.#context.records.strongKeyOf(card, recordId);
    return strongKey === undefined ? state : { ...state, strongKey };
  }

  async #modifiedMs(card: PimCard, row: MapRow): Promise<number | undefined> {
    if (this.#context.policy !== "newest") return undefined;
    const items = await this.#context.records.items(card, [row.recordId]);
    const item = items.get(row.recordId);
    return item === undefined ? undefined : modifiedAtMs(item);
  }

  /** Of what may have been written before others changed the record, or was written beside it. */
  #intentHashes(row: NamedRow): readonly string[] {
    return this.#context.intents.flatMap(({ luid, isDone, op, hash }) => {
      if (luid !== row.luid || isDone || hash === undefined) return [];
      return op === "resolve" && !this.#hasCopy(hash) ? [] : [hash];
    });
  }

  #hasCopy(hash: string): boolean {
    return [...this.#context.listed].some(
      ([recordId, state]) =>
        state.changedBy === "others" &&
        !state.isDeleted &&
        state.hash === hash &&
        this.#context.map.ofRecord(recordId) === undefined,
    );
  }

  #rowOf(operation: IntakeOperation): NamedRow | undefined {
    const row = this.#context.map.ofLuid(operation.luid);
    return row === undefined ? undefined : { ...row, luid: operation.luid };
  }

  #mapped(row: MapRow): NonNullable<PutFacts["mapped"]> {
    return { row, record: this.#stateOf(row) };
  }

  #stateOf(row: MapRow): RecordState {
    const listed = this.#context.listed.get(row.recordId);
    if (listed !== undefined) return listed;
    const hash = heldByPeer(row);
    const isDeleted = row.deletedGen !== undefined;
    return { changedBy: "nobody", isDeleted, ...(hash === undefined ? {} : { hash }) };
  }
}

/** Actions that need the item's content. */
type WritingAction = Exclude<ItemAction, { readonly type: "keep" | "sendBack" | "delete" }>;
