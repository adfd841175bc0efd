import type { Kysely } from "kysely";
import type { HistoryRow } from "./link-tables.ts";
import type { Tables } from "./schema.ts";

export type HistoryEntry = Omit<HistoryRow, "id">;

export async function addHistory(db: Kysely<Tables>, entry: HistoryEntry): Promise<void> {
  await db.insertInto("history").values(entry).execute();
}

/** @returns at most `limit` entries, newest first */
export async function listHistory(
  db: Kysely<Tables>,
  limit: number,
): Promise<readonly (HistoryEntry & { readonly id: number })[]> {
  return db.selectFrom("history").selectAll().orderBy("id", "desc").limit(limit).execute();
}
