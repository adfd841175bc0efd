import type { Kysely } from "kysely";
import type { RecordId } from "../../card/index.ts";
import { addHistory, endHistory, type HistoryEntry } from "../store/history-store.ts";
import type { Cipher } from "../store/cipher.ts";
import {
  addJournal,
  deleteChanges,
  saveChanges,
  saveNewestCsn,
  type JournalPlace,
  type NumberedChange,
} from "../store/journal-store.ts";
import type { KeptContent, KeptContents } from "../store/kept-contents.ts";
import type { Tables } from "../store/schema.ts";
import type { CardWrite } from "./item-event.ts";
import { ItemLog } from "./item-log.ts";
import type { Base } from "./link.ts";
import type { UndoChange } from "./undo-plan.ts";

/** A write that is about to be decided. Without `recordId` it makes a record, whose number nobody knows yet. */
export interface ForeseenWrite {
  readonly recordId?: RecordId;
  readonly after: string | undefined;
  readonly standsFor?: RecordId;
}

/** How the card was before writes that are announced. */
export interface Former {
  /** What the records hold, where {@link SyncJournal.needsFormer}; one that is left out does not exist. */
  readonly contents: ReadonlyMap<RecordId, Omit<KeptContent, "recordId">>;
  /** The newest change that is known; looked at before the first write only. */
  readonly newestCsn: number;
}

export interface JournalParts {
  readonly cipher: Cipher;
  readonly kept: KeptContents;
  readonly place: JournalPlace;
  readonly now: () => number;
  /** The history's entry as it stands, in case that nothing more is heard of the sync. */
  readonly entry: () => HistoryEntry;
  readonly base: () => Base;
  /** The sync that this one undoes. */
  readonly undoOf?: number;
}

/**
 * Records what one sync does to the card, so that it can be told and undone. Knows no role: whoever writes to the card
 * announces its writes in the transaction that makes its intents durable, says what it wrote, and flushes with the results.
 */
export class SyncJournal {
  readonly items: ItemLog;
  readonly kept: KeptContents;
  readonly #parts: JournalParts;
  #historyId: number | undefined;
  #nextSeq = 1;
  /** Announced and not written yet. */
  readonly #open = new Set<NumberedChange>();
  #written: NumberedChange[] = [];
  /** What records held before this sync: the fingerprint of what is kept; undefined for those that were not there. */
  readonly #before = new Map<RecordId, string | undefined>();
  #growth = 0;

  constructor(parts: JournalParts) {
    this.#parts = parts;
    this.kept = parts.kept;
    this.items = new ItemLog(parts.cipher, parts.kept.keep);
  }

  /** Undefined as long as there is nothing to tell. */
  get historyId(): number | undefined {
    return this.#historyId;
  }

  /** How many more items the database has than at the sync's start; below zero for fewer. */
  get growth(): number {
    return this.#growth;
  }

  /** Whether the card may have been written to. */
  get hasAnnounced(): boolean {
    return this.#nextSeq > 1;
  }

  /** Whether there is nothing to tell but that the sync was. */
  get isEmpty(): boolean {
    return !this.hasAnnounced && this.items.isEmpty;
  }

  /** Whether the record was not there before this sync. */
  hasMade(recordId: RecordId): boolean {
    return this.#before.has(recordId) && this.#before.get(recordId) === undefined;
  }

  /** @returns what is kept of records that this sync has written to, or is about to */
  async former(db: Kysely<Tables>): Promise<ReadonlyMap<RecordId, Omit<KeptContent, "recordId">>> {
    if (this.#historyId === undefined) return new Map();
    const contents = await this.kept.contents(db, this.#historyId, "before", [
      ...this.#before.keys(),
    ]);
    return new Map(
      [...contents].map(([id, content]) => [id, { content, hash: this.#before.get(id) ?? "" }]),
    );
  }

  /** Whether the record's former content has to come with its next announcement. */
  needsFormer(recordId: RecordId): boolean {
    return !this.#before.has(recordId);
  }

  /**
   * Makes writes known before they are done.
   * @param trx the transaction that makes the intents durable
   */
  async announce(
    trx: Kysely<Tables>,
    writes: readonly ForeseenWrite[],
    { contents: former, newestCsn }: Former,
  ): Promise<void> {
    if (writes.length === 0) return;
    const historyId = await this.begin(trx);
    if (!this.hasAnnounced) await saveNewestCsn(trx, historyId, newestCsn);
    for (const { recordId } of writes)
      if (recordId !== undefined && this.needsFormer(recordId))
        this.#before.set(recordId, former.get(recordId)?.hash);
    const changes = writes.map((write) => this.#number(write));
    await saveChanges(trx, historyId, changes);
    for (const change of changes) this.#open.add(change);
    const contents = [...former].map(([recordId, kept]) => ({ recordId, ...kept }));
    await this.#parts.kept.put(trx, historyId, "before", contents);
  }

  /** The card has been written to. */
  wrote(write: CardWrite, standsFor?: RecordId): void {
    this.items.wrote(write);
    const { recordId, hash, type } = write;
    if (type === "delete") this.#growth -= 1;
    else if (type !== "update") this.#growth += 1;
    if (isCreation(write)) this.#before.set(recordId, undefined);
    const announced = this.#announced(write, standsFor);
    if (announced !== undefined) this.#open.delete(announced);
    // Of what was not announced nobody kept the former content: to call it new would undo it by a deletion.
    if (this.needsFormer(recordId)) return;
    this.#written.push({
      seq: announced?.seq ?? this.#nextSeq++,
      recordId,
      before: this.#before.get(recordId),
      after: hash,
      ...(standsFor === undefined ? {} : { standsFor }),
    });
  }

  /**
   * Writes what is new; part of the transaction in which a message's results become durable.
   * @param isCertain every announced write was done or will not be; else those without a result stay open
   */
  async flush(trx: Kysely<Tables>, isCertain: boolean): Promise<void> {
    if (this.#written.length > 0 || this.items.hasNews) {
      const historyId = await this.begin(trx);
      await saveChanges(trx, historyId, this.#written);
      await this.items.flush(trx, historyId);
      this.#written = [];
    }
    if (!isCertain || this.#historyId === undefined) return;
    const idle = [...this.#open].map(({ seq }) => seq);
    this.#open.clear();
    await deleteChanges(trx, this.#historyId, idle);
  }

  /** Enters the sync into the history, where it was not there yet, with its end. */
  async end(trx: Kysely<Tables>, entry: HistoryEntry): Promise<number> {
    const historyId = await this.begin(trx);
    await endHistory(trx, historyId, entry);
    return historyId;
  }

  /** Enters the sync into the history as one that was interrupted: whatever comes, it can be told and undone. */
  async begin(trx: Kysely<Tables>): Promise<number> {
    if (this.#historyId !== undefined) return this.#historyId;
    const { place, now, entry, base, undoOf } = this.#parts;
    const historyId = await addHistory(trx, entry());
    await addJournal(trx, {
      history_id: historyId,
      card_uuid: place.cardUuid,
      epoch: place.epoch,
      database: place.database,
      began_ms: now(),
      newest_csn: 0,
      base: base(),
      undo_of: undoOf ?? null,
      is_pruned: 0,
      items_left_out: 0,
      backup_items: null,
    });
    this.#historyId = historyId;
    return historyId;
  }

  #number({ recordId, after, standsFor }: ForeseenWrite): NumberedChange {
    return {
      seq: this.#nextSeq++,
      ...(recordId === undefined ? {} : { recordId }),
      before: recordId === undefined ? undefined : this.#before.get(recordId),
      after,
      ...(standsFor === undefined ? {} : { standsFor }),
    };
  }

  #announced(write: CardWrite, standsFor: RecordId | undefined): NumberedChange | undefined {
    const isFitting = (change: UndoChange): boolean =>
      isCreation(write)
        ? change.recordId === undefined &&
          change.after === write.hash &&
          change.standsFor === standsFor
        : change.recordId === write.recordId;
    for (const change of this.#open) if (isFitting(change)) return change;
    return undefined;
  }
}

const isCreation = ({ type }: CardWrite): boolean => type === "create" || type === "copy";
