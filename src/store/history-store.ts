import type { Kysely, Selectable } from "kysely";
import type { HistoryRow } from "./link-tables.ts";
import type { JournalRow } from "./journal-tables.ts";
import type { Tables } from "./schema.ts";

export type HistoryEntry = Omit<HistoryRow, "id">;

/** @returns the number by which people name the sync */
export async function addHistory(db: Kysely<Tables>, entry: HistoryEntry): Promise<number> {
  const { id } = await db
    .insertInto("history")
    .values(entry)
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** The sync is over: its last word takes the place of the first one. */
export async function endHistory(
  db: Kysely<Tables>,
  id: number,
  entry: HistoryEntry,
): Promise<void> {
  await db.updateTable("history").set(entry).where("id", "=", id).execute();
}

/** @returns at most `limit` entries, newest first */
export async function listHistory(
  db: Kysely<Tables>,
  limit: number,
): Promise<readonly (HistoryEntry & { readonly id: number })[]> {
  return db.selectFrom("history").selectAll().orderBy("id", "desc").limit(limit).execute();
}

/** @returns why the latest syncs of a peer were of their type, newest first; at most `limit` */
export async function latestReasons(
  db: Kysely<Tables>,
  of: {
    readonly cardUuid: string;
    readonly database: number;
    readonly user: string;
    readonly peer: string;
    readonly limit: number;
  },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("history")
    .select("reason")
    .where("card_uuid", "=", of.cardUuid)
    .where("database", "=", of.database)
    .where("user", "=", of.user)
    .where("peer", "=", of.peer)
    .orderBy("id", "desc")
    .limit(of.limit)
    .execute();
  return rows.map(({ reason }) => reason);
}

/** A sync with its journal; syncs of earlier versions have none. */
export interface StoredSync {
  readonly entry: Selectable<HistoryRow>;
  readonly journal: Selectable<JournalRow> | undefined;
}

/** @returns undefined where there is no such sync, or not any more */
export async function loadSync(db: Kysely<Tables>, id: number): Promise<StoredSync | undefined> {
  const entry = await db.selectFrom("history").selectAll().where("id", "=", id).executeTakeFirst();
  if (entry === undefined) return undefined;
  const journal = await db
    .selectFrom("journals")
    .selectAll()
    .where("history_id", "=", id)
    .executeTakeFirst();
  return { entry, journal };
}
