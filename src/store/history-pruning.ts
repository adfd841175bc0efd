import { type Kysely, sql } from "kysely";
import { LIMITS } from "../config/limits.ts";
import { type DroppedContents, expireBackups } from "./backup-store.ts";
import type { JournalPlace } from "./journal-store.ts";
import type { Tables } from "./schema.ts";

const DAY_MS = 24 * 60 * 60_000;

/**
 * Makes room: old items of the history, old changes with the contents kept for them, old backups, old syncs.
 * @param place the database of the sync that has just ended
 * @returns contents that are gone now
 */
export async function pruneHistory(
  trx: Kysely<Tables>,
  place: JournalPlace,
  now: number,
): Promise<readonly DroppedContents[]> {
  await pruneItems(trx, place, now - LIMITS.historyDays * DAY_MS);
  const pruned = await pruneChanges(trx, place, now - LIMITS.historyDays * DAY_MS);
  const expired = await expireBackups(trx, place, now - LIMITS.backupDays * DAY_MS);
  await pruneSyncs(trx);
  return [...pruned, ...expired];
}

/** The newest syncs' items stay, up to a number and an age. */
async function pruneItems(trx: Kysely<Tables>, place: JournalPlace, before: number): Promise<void> {
  const rows = await trx
    .selectFrom("history_items")
    .innerJoin("journals", "journals.history_id", "history_items.history_id")
    .select(["history_items.history_id", "began_ms", sql<number>`count(*)`.as("items")])
    .where("card_uuid", "=", place.cardUuid)
    .where("database", "=", place.database)
    .groupBy("history_items.history_id")
    .orderBy("history_items.history_id", "desc")
    .execute();
  let total = 0;
  for (const { history_id, items, began_ms } of rows) {
    total += items;
    if (total <= LIMITS.historyItemsPerDatabase && began_ms >= before) continue;
    await trx.deleteFrom("history_items").where("history_id", "=", history_id).execute();
  }
}

/** The newest sync's changes stay whatever their size: it is the one that is undone most likely. */
async function pruneChanges(
  trx: Kysely<Tables>,
  place: JournalPlace,
  before: number,
): Promise<readonly DroppedContents[]> {
  const journals = await listChanged(trx, place);
  const dropped: DroppedContents[] = [];
  let bytes = 0;
  for (const [at, { history_id, began_ms }] of journals.entries()) {
    bytes += await keptBytes(trx, history_id);
    const fits = bytes <= LIMITS.undoBytes && at < LIMITS.undoSyncs && began_ms >= before;
    if (at === 0 || fits) continue;
    await dropChanges(trx, history_id);
    dropped.push({ historyId: history_id, purpose: "before" });
  }
  return dropped;
}

/** @returns journals that still have changes, newest first */
async function listChanged(
  trx: Kysely<Tables>,
  place: JournalPlace,
): Promise<readonly { readonly history_id: number; readonly began_ms: number }[]> {
  return trx
    .selectFrom("journals")
    .select(["history_id", "began_ms"])
    .where("card_uuid", "=", place.cardUuid)
    .where("database", "=", place.database)
    .where("is_pruned", "=", 0)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("journal_changes")
          .select("seq")
          .whereRef("journal_changes.history_id", "=", "journals.history_id"),
      ),
    )
    .orderBy("history_id", "desc")
    .execute();
}

async function keptBytes(trx: Kysely<Tables>, historyId: number): Promise<number> {
  const row = await trx
    .selectFrom("kept_contents")
    .select(sql<number>`coalesce(sum(length(content)), 0)`.as("bytes"))
    .where("history_id", "=", historyId)
    .where("purpose", "=", "before")
    .executeTakeFirst();
  return row?.bytes ?? 0;
}

/** What stands for what is needed by undos of other syncs, and stays. */
async function dropChanges(trx: Kysely<Tables>, historyId: number): Promise<void> {
  await trx
    .deleteFrom("journal_changes")
    .where("history_id", "=", historyId)
    .where("stands_for", "is", null)
    .execute();
  await trx
    .deleteFrom("kept_contents")
    .where("history_id", "=", historyId)
    .where("purpose", "=", "before")
    .execute();
  await trx
    .updateTable("journals")
    .set({ is_pruned: 1 })
    .where("history_id", "=", historyId)
    .execute();
}

/** A sync of which a backup is left stays in the history. */
async function pruneSyncs(trx: Kysely<Tables>): Promise<void> {
  const newest = await trx
    .selectFrom("history")
    .select(sql<number>`coalesce(max(id), 0)`.as("id"))
    .executeTakeFirst();
  await trx
    .deleteFrom("history")
    .where("id", "<=", (newest?.id ?? 0) - LIMITS.historySyncs)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("journals")
            .select("journals.history_id")
            .whereRef("journals.history_id", "=", "history.id")
            .where("backup_items", "is not", null),
        ),
      ),
    )
    .execute();
}
