import type { Kysely, Selectable } from "kysely";
import type { RecordId } from "../../card/index.ts";
import type { UndoChange } from "../bridge/undo-plan.ts";
import type { JournalChangeRow, JournalRow } from "./journal-tables.ts";
import type { Tables } from "./schema.ts";

const BATCH = 500;

/** A change under its number within the journal. */
export interface NumberedChange extends UndoChange {
  readonly seq: number;
}

export async function addJournal(trx: Kysely<Tables>, row: JournalRow): Promise<void> {
  await trx.insertInto("journals").values(row).execute();
}

/** Before the first write. */
export async function saveNewestCsn(
  trx: Kysely<Tables>,
  historyId: number,
  newestCsn: number,
): Promise<void> {
  await trx
    .updateTable("journals")
    .set({ newest_csn: newestCsn })
    .where("history_id", "=", historyId)
    .execute();
}

export async function saveChanges(
  trx: Kysely<Tables>,
  historyId: number,
  changes: readonly NumberedChange[],
): Promise<void> {
  for (let at = 0; at < changes.length; at += BATCH)
    await trx
      .replaceInto("journal_changes")
      .values(changes.slice(at, at + BATCH).map((change) => fromChange(historyId, change)))
      .execute();
}

export async function deleteChanges(
  trx: Kysely<Tables>,
  historyId: number,
  seqs: readonly number[],
): Promise<void> {
  for (let at = 0; at < seqs.length; at += BATCH)
    await trx
      .deleteFrom("journal_changes")
      .where("history_id", "=", historyId)
      .where("seq", "in", seqs.slice(at, at + BATCH))
      .execute();
}

/** @returns in the order in which they were decided */
export async function loadChanges(
  db: Kysely<Tables>,
  historyId: number,
): Promise<readonly NumberedChange[]> {
  const rows = await db
    .selectFrom("journal_changes")
    .selectAll()
    .where("history_id", "=", historyId)
    .orderBy("seq")
    .execute();
  return rows.map(toChange);
}

/** Which database of which card a journal is about. */
export interface JournalPlace {
  readonly cardUuid: string;
  readonly epoch: string;
  readonly database: number;
}

/** @returns creations by undos of what could not be revived, oldest first, with what their journals knew at their start */
export async function loadSuccessions(
  db: Kysely<Tables>,
  place: JournalPlace,
): Promise<readonly { readonly change: UndoChange; readonly newestBefore: number }[]> {
  const rows = await db
    .selectFrom("journal_changes")
    .innerJoin("journals", "journals.history_id", "journal_changes.history_id")
    .selectAll("journal_changes")
    .select("journals.newest_csn")
    .where("card_uuid", "=", place.cardUuid)
    .where("epoch", "=", place.epoch)
    .where("database", "=", place.database)
    .where("stands_for", "is not", null)
    .orderBy("journal_changes.history_id")
    .execute();
  return rows.map((row) => ({ change: toChange(row), newestBefore: row.newest_csn }));
}

/** @returns records of the database that a journal from `since` on says to have made */
export async function loadCreated(
  db: Kysely<Tables>,
  place: JournalPlace,
  since: number,
): Promise<ReadonlySet<RecordId>> {
  const rows = await db
    .selectFrom("journal_changes")
    .innerJoin("journals", "journals.history_id", "journal_changes.history_id")
    .select("record_id")
    .where("card_uuid", "=", place.cardUuid)
    .where("epoch", "=", place.epoch)
    .where("database", "=", place.database)
    .where("journals.history_id", ">=", since)
    .where("hash_before", "is", null)
    .where("record_id", "is not", null)
    .execute();
  return new Set(
    rows.flatMap((row) => (row.record_id === null ? [] : [row.record_id as RecordId])),
  );
}

function fromChange(historyId: number, change: NumberedChange): JournalChangeRow {
  return {
    history_id: historyId,
    seq: change.seq,
    record_id: change.recordId ?? null,
    hash_before: change.before ?? null,
    hash_after: change.after ?? null,
    stands_for: change.standsFor ?? null,
  };
}

function toChange(row: Selectable<JournalChangeRow>): NumberedChange {
  return {
    seq: row.seq,
    ...(row.record_id === null ? {} : { recordId: row.record_id as RecordId }),
    before: row.hash_before ?? undefined,
    after: row.hash_after ?? undefined,
    ...(row.stands_for === null ? {} : { standsFor: row.stands_for as RecordId }),
  };
}
