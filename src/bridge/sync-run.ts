import type { Kysely } from "kysely";
import type { PimCard, RecordId } from "../../card/index.ts";
import {
  type Acknowledgement,
  type Instant,
  type ItemOperation,
  type MapPair,
  type OpenRequest,
  type OutgoingChange,
  type SyncId,
} from "../../syncml/index.ts";
import { readItem } from "../pim/read-item.ts";
import { clearIntents, markIntentsDone } from "../store/intent-store.ts";
import { purgeDeletedRows } from "../store/map-store.ts";
import type { Tables } from "../store/schema.ts";
import { prepareItem } from "./card-records.ts";
import { contentTraitsOf, wantedTypeOf } from "./content-traits-of.ts";
import { deletionsOf, foreseeAll, writesOf, type Foreseen } from "./foresee.ts";
import { isShort, recordOf } from "./guid.ts";
import type { Intake, IntakeOperation } from "./item-intake.ts";
import { shiftGenerations } from "./link.ts";
import { afterMapped, afterUnmapped, awaitsMap } from "./map-row.ts";
import { MassDeletionGuard } from "./mass-deletion.ts";
import { OutgoingQueue } from "./outgoing-queue.ts";
import { makeIntake } from "./make-intake.ts";
import { withFields } from "./field-level.ts";
import { mergeIncoming } from "./merge-incoming.ts";
import { mediaTypeFor } from "./peer-datastore.ts";
import { Preparation } from "./preparation.ts";
import { slicesOf } from "./slices.ts";
import { reasonOfError, STATUS } from "./status-map.ts";
import { comparesAll, isFromPeerOnly, type SyncContext } from "./sync-context.ts";
import { enterEnd, entryOf, tellReceived } from "./sync-history.ts";
import type { CountedOp } from "./sync-report.ts";

const COUNTED: Record<ItemOperation["type"], CountedOp> = {
  add: "added",
  replace: "changed",
  delete: "deleted",
};

/** Operations and records after which the time is looked at: about two seconds of a contact card. */
const SLICE = 25;

/**
 * One datastore's sync in one session. States, in order:
 * `open` (the peer's items come in) - `sending` (ours go out) - `committed` | `ended` (given up or lost).
 *
 * Order of what becomes durable: intents and the pending generation, PREPARE on the card, card writes, then with the
 * message's answer the map rows; at the end the pending generation, COMMIT on the card, the shifted link, the answer.
 */
export class SyncRun {
  readonly context: SyncContext;
  readonly #preparation: Preparation;
  readonly #guard: MassDeletionGuard;
  #intake: Intake | undefined;
  #queue: OutgoingQueue | undefined;
  #phase: "open" | "sending" | "committed" | "ended" = "open";
  #hasResults = false;
  #history: { readonly outcome: string; readonly reason: string } | undefined;
  #peerMediaType: string | undefined;
  /** Records that have left for the peer before it went away and came back. */
  readonly #leftBefore = new Set<RecordId>();
  lastUsedMs: number;
  /** The peer has gone and may come back. */
  isSuspended = false;

  constructor(context: SyncContext) {
    this.context = context;
    this.#preparation = new Preparation(context);
    this.#guard = new MassDeletionGuard(context);
    this.lastUsedMs = context.startedMs;
  }

  get isOver(): boolean {
    return this.#phase === "committed" || this.#phase === "ended";
  }

  /** @returns one Status for each operation that there was time for; all 510 once the sync is lost */
  async apply(operations: readonly ItemOperation[], until: Instant): Promise<readonly number[]> {
    if (this.isOver) return operations.map(() => STATUS.datastoreFailed);
    const done: number[] = [];
    let hasFailed = false;
    try {
      await this.context.lease.run(async (card) => {
        if (!(await this.#readAhead(card, until))) return;
        for (const slice of slicesOf(operations, SLICE))
          if (this.#isLate(until) || !(await this.#applySlice(card, slice, done, until))) return;
      });
    } catch (error) {
      hasFailed = true;
      this.#hasResults = false;
      this.#fail(error);
    }
    const begun = hasFailed ? operations : operations.slice(0, done.length);
    const statuses = begun.map((_, at) => done[at] ?? STATUS.datastoreFailed);
    begun.forEach((operation, at) => {
      this.context.report.countReceived(COUNTED[operation.type], statuses[at] ?? STATUS.failed);
    });
    return statuses;
  }

  async #applySlice(
    card: PimCard,
    operations: readonly ItemOperation[],
    done: number[],
    until: Instant,
  ): Promise<boolean> {
    const intake = await this.#intakeOf(card);
    const luids = operations.map((operation) => operation.luid);
    await this.context.map.load({ type: "luids", luids });
    const came = operations.map((operation) => this.#read(operation));
    const items = await withFields(this.context, card, intake, came);
    const read = await mergeIncoming(this.context, card, intake, items);
    const foreseen = foreseeAll(intake, read);
    const isLate = (): boolean => this.#isLate(until);
    if (!(await this.#guard.isReady(card, deletionsOf(foreseen), isLate))) return false;
    await this.#announce(card, foreseen);
    for (const [at, operation] of read.entries()) {
      const status = typeof operation === "number" ? operation : await intake.take(card, operation);
      done.push(status);
      tellReceived(this.context, operations[at], operation, status);
    }
    this.#hasResults = true;
    return true;
  }

  /**
   * What a sync that compares everything reads for the first time stays in the image, so it need not be read at one go.
   * @returns false where the time is over
   */
  async #readAhead(card: PimCard, until: Instant): Promise<boolean> {
    const { records, versions, syncType } = this.context;
    if (this.#intake !== undefined || !comparesAll(syncType)) return true;
    const live = versions.filter((version) => !version.isDeleted);
    for (let at = 0; at < live.length; at += SLICE) {
      if (this.#isLate(until)) return false;
      await records.know(card, live.slice(at, at + SLICE));
    }
    return true;
  }

  #isLate(until: Instant): boolean {
    return this.context.now() >= until;
  }

  /** A repeated Map changes nothing; a GUID that we never gave is passed over. */
  async map(pairs: readonly MapPair[]): Promise<number> {
    if (this.isOver && this.#phase !== "committed") return STATUS.datastoreFailed;
    const { map } = this.context;
    if (pairs.some(({ guid }) => isShort(guid))) await map.load({ type: "unfinished" });
    const rows = map.rows();
    const known = pairs.flatMap(({ guid, luid }) => {
      const recordId = recordOf(guid, rows);
      return recordId === undefined ? [] : [{ recordId, luid }];
    });
    await map.load({ type: "records", ids: known.map((pair) => pair.recordId) });
    await map.load({ type: "luids", luids: known.map((pair) => pair.luid) });
    for (const { recordId, luid } of known) {
      const row = map.ofRecord(recordId);
      if (row === undefined || row.luid === luid) continue;
      const holder = map.ofLuid(luid);
      if (holder !== undefined && holder.deletedGen === undefined) map.set(afterUnmapped(holder));
      map.set(afterMapped(row, luid));
      this.context.journal.items.mapped(recordId, luid);
    }
    return STATUS.ok;
  }

  /**
   * Also makes the object durable on the card: a peer can only be told of a failure together with the Status of its Sync.
   * @returns the number of changes for the peer, `late` where there was no time, or undefined once the sync is lost
   */
  async endOfChanges(until: Instant): Promise<number | "late" | undefined> {
    if (this.isOver) return undefined;
    try {
      const count = await this.context.lease.run(async (card) =>
        (await this.#isReadyToPlan(card, until)) ? this.#planOutgoing(card) : "late",
      );
      if (count === "late") return count;
      if (count > 0 || this.#preparation.isPrepared || isFromPeerOnly(this.context.syncType))
        return count;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
    return (await this.finish()) ? 0 : undefined;
  }

  async #isReadyToPlan(card: PimCard, until: Instant): Promise<boolean> {
    if (!(await this.#readAhead(card, until))) return false;
    const deletions = (await this.#intakeOf(card)).foreseeEnd();
    return this.#guard.isReady(card, deletions, () => this.#isLate(until));
  }

  async #planOutgoing(card: PimCard): Promise<number> {
    const intake = await this.#intakeOf(card);
    const ends = intake.foreseeEnd().map((recordId) => ({ recordId, after: undefined }));
    if (this.context.syncType === "refreshFromClient")
      await this.#preparation.prepare(card, [], ends);
    const planned = (await intake.plan(card)).filter(({ recordId }) => !this.#isDone(recordId));
    const toSend = isFromPeerOnly(this.context.syncType) ? [] : planned;
    if (toSend.length > 0) await this.#preparation.prepare(card);
    const mediaType =
      wantedTypeOf(this.context) ?? this.#peerMediaType ?? mediaTypeFor(this.context);
    this.#queue = new OutgoingQueue(this.context, mediaType, toSend);
    this.#phase = "sending";
    return this.#queue.count;
  }

  /**
   * The peer goes on where it stopped. Its own package begins anew with what it still has; what it has answered is not
   * sent again. Nothing but the card's session and this memory tells where that was.
   * @returns false where the card has forgotten the sync
   */
  async resume(syncId: SyncId, request: OpenRequest): Promise<boolean> {
    const { context } = this;
    try {
      await context.lease.run((card) => card.freeSpace());
    } catch (error) {
      this.#fail(error);
      return false;
    }
    context.syncId = syncId;
    context.request = { ...request, syncType: context.request.syncType };
    for (const recordId of this.#queue?.recordIds ?? []) this.#leftBefore.add(recordId);
    this.isSuspended = false;
    if (context.link.pending?.object === context.target)
      this.#preparation.setPhase(this.#preparation.isPrepared ? "prepared" : "preparing");
    return true;
  }

  #isDone(recordId: RecordId): boolean {
    const isIdle = this.context.map.ofRecord(recordId)?.sentState === "idle";
    return isIdle && this.#leftBefore.has(recordId);
  }

  async nextChanges(maxBytes: number, until: Instant): Promise<readonly OutgoingChange[]> {
    const queue = this.#queue;
    if (queue === undefined || this.isOver) return [];
    try {
      return await this.context.lease.run((card) =>
        queue.next(card, maxBytes, () => this.#isLate(until)),
      );
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  get hasSentAll(): boolean {
    return this.isOver || this.#queue === undefined || this.#queue.isDone;
  }

  /**
   * The message with the last of our changes is about to leave; the object stands on the card already.
   * @returns true where the sync is committed
   */
  async changesLeave(): Promise<boolean> {
    if (this.isOver || this.#queue === undefined) return this.#phase === "committed";
    if (isFromPeerOnly(this.context.syncType)) return this.finish();
    this.#preparation.setPhase("received");
    return false;
  }

  acknowledge(acknowledgements: readonly Acknowledgement[]): void {
    if (this.#phase === "ended") return;
    for (const acknowledgement of acknowledgements) this.#queue?.acknowledge(acknowledgement);
  }

  /** Commits: pending generation durable, COMMIT on the card, link shifted. @returns false where the card refused or failed */
  async finish(): Promise<boolean> {
    if (this.isOver) return this.#phase === "committed";
    try {
      await this.context.map.load(
        comparesAll(this.context.syncType) ? { type: "all" } : { type: "unfinished" },
      );
      this.#dropUnaccounted();
      this.#preparation.setPhase(this.#preparation.standsOnCard ? "committing" : "preparing");
      await this.context.db.transaction().execute((trx) => this.flush(trx));
      const { lease, database, target } = this.context;
      const answer = await lease.run((card) => card.commitSync(database, target));
      if (answer.type !== "committed") throw new Error("the card refused the commit");
      this.#commitLink();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Gives the sync up; what was written stays and the next sync finds it. */
  async abandon(reason: string): Promise<void> {
    if (this.isOver) return;
    this.#end("failed", reason);
    const { lease, database, log } = this.context;
    await lease
      .run((card) => card.abortSync(database, {}))
      .catch((error: unknown) => {
        log.warn({ reason: reasonOfError(error) }, "the card's sync could not be aborted");
      });
  }

  /** Writes what changed since the last flush; part of the transaction that makes a message durable. */
  async flush(trx: Kysely<Tables>): Promise<void> {
    const { link, map, image } = this.context;
    await image.flush(trx);
    await map.flush(trx);
    if (this.#hasResults) await markIntentsDone(trx, link.id);
    // Of a sync that broke off nobody knows which of its last writes were done.
    await this.context.journal.flush(trx, this.#phase !== "ended");
    this.#hasResults = false;
    await this.#preparation.flush(trx);
    await this.#flushEnd(trx);
  }

  async #flushEnd(trx: Kysely<Tables>): Promise<void> {
    if (this.#history === undefined) return;
    const end = this.#history;
    this.#history = undefined;
    const { link } = this.context;
    if (this.#phase === "committed") {
      await clearIntents(trx, link.id);
      await purgeDeletedRows(trx, link.id, link.generation);
    }
    await enterEnd(trx, this.context, entryOf(this.context, end));
  }

  /** A refresh is prepared whatever comes of it: it may delete at its end. */
  async #announce(card: PimCard, foreseen: readonly Foreseen[]): Promise<void> {
    if (foreseen.length === 0 && this.context.syncType !== "refreshFromClient") return;
    const intents = foreseen.map(({ intent }) => intent);
    await this.#preparation.announce(card, intents, foreseen.flatMap(writesOf(this.context)));
  }

  /** An item that cannot be read gets its Status at once and is not offered to the card. */
  #read(operation: ItemOperation): IntakeOperation | number {
    if (operation.type === "delete") return { type: "delete", luid: operation.luid };
    const { kind, request } = this.context;
    const { mediaType, content } = operation;
    const read = readItem(kind, mediaType, content, contentTraitsOf(request));
    if (read.type === "unsupported") return STATUS.unsupportedType;
    if (read.type === "malformed") return STATUS.badRequest;
    this.#peerMediaType ??=
      this.context.request.devInf === undefined ? operation.mediaType : undefined;
    return {
      type: "put",
      isAdd: operation.type === "add",
      luid: operation.luid,
      mediaType: operation.mediaType,
      isFieldLevel: operation.isFieldLevel === true,
      prepared: prepareItem(read.item),
    };
  }

  async #intakeOf(card: PimCard): Promise<Intake> {
    this.#intake ??= await makeIntake(this.context, card);
    return this.#intake;
  }

  #commitLink(): void {
    const started = this.context.link.generation;
    const orphaned = this.context.map
      .rows()
      .filter((row) => awaitsMap(row) && row.createdGen <= started).length;
    const shifted = shiftGenerations(this.context.link);
    const needsSlow =
      orphaned === 0
        ? {}
        : {
            needsSlow: `the peer never said under which number it keeps ${String(orphaned)} items`,
          };
    this.context.link = { ...shifted, lastSyncMs: this.context.now(), ...needsSlow };
    this.#preparation.linkChanged();
    this.#phase = "committed";
    this.context.lease.end();
    const outcome = this.context.report.failed === 0 ? "ok" : "partial";
    this.#history = { outcome, reason: this.context.reason };
  }

  /** After a sync that compared everything, rows of records that are gone tell of nothing. */
  #dropUnaccounted(): void {
    const accounted = this.#intake?.accountedFor();
    if (accounted === undefined) return;
    for (const row of this.context.map.rows())
      if (!accounted.has(row.recordId)) this.context.map.remove(row.recordId);
  }

  #fail(error: unknown): void {
    this.context.log.error(
      { syncId: this.context.syncId, datastore: this.context.datastore, err: error },
      "a sync failed",
    );
    this.#end("failed", reasonOfError(error));
  }

  #end(outcome: string, reason: string): void {
    this.#phase = "ended";
    this.#history = { outcome, reason };
    this.context.lease.end();
  }
}
