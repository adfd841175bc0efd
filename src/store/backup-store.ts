import type { Kysely } from "kysely";
import { LIMITS } from "../config/limits.ts";
import type { KeptPurpose } from "./kept-contents.ts";
import { type JournalPlace } from "./journal-store.ts";
import type { Tables } from "./schema.ts";

/** Contents that have made room for newer ones. */
export interface DroppedContents {
  readonly historyId: number;
  readonly purpose: KeptPurpose;
}

/** A backup made before a mass deletion. */
export interface Backup {
  readonly historyId: number;
  readonly madeMs: number;
  readonly items: number;
}

/**
 * Enters a backup whose contents are kept already. Of too many the one with the fewest items makes room, the oldest of
 * those, but never the new one: a peer that empties a small database again and again drives no large backup out.
 * @returns the backups that are gone now
 */
export async function saveBackup(
  trx: Kysely<Tables>,
  historyId: number,
  items: number,
): Promise<readonly DroppedContents[]> {
  await trx
    .updateTable("journals")
    .set({ backup_items: items })
    .where("history_id", "=", historyId)
    .execute();
  const { card_uuid, epoch, database } = await trx
    .selectFrom("journals")
    .select(["card_uuid", "epoch", "database"])
    .where("history_id", "=", historyId)
    .executeTakeFirstOrThrow();
  const all = await listBackups(trx, { cardUuid: card_uuid, epoch, database });
  const others = all.filter((backup) => backup.historyId !== historyId);
  const smallestFirst = [...others].sort((a, b) => a.items - b.items || a.historyId - b.historyId);
  return dropBackups(trx, smallestFirst.slice(0, Math.max(0, all.length - LIMITS.backups)));
}

/** Drops backups that are too old, but for the newest one. @returns those that are gone now */
export async function expireBackups(
  trx: Kysely<Tables>,
  place: JournalPlace,
  before: number,
): Promise<readonly DroppedContents[]> {
  const [, ...older] = await listBackups(trx, place);
  return dropBackups(
    trx,
    older.filter(({ madeMs }) => madeMs < before),
  );
}

/** @returns newest first */
async function listBackups(db: Kysely<Tables>, place: JournalPlace): Promise<readonly Backup[]> {
  const rows = await db
    .selectFrom("journals")
    .select(["history_id", "began_ms", "backup_items"])
    .where("card_uuid", "=", place.cardUuid)
    .where("database", "=", place.database)
    .where("backup_items", "is not", null)
    .orderBy("history_id", "desc")
    .execute();
  return rows.map((row) => ({
    historyId: row.history_id,
    madeMs: row.began_ms,
    items: row.backup_items ?? 0,
  }));
}

async function dropBackups(
  trx: Kysely<Tables>,
  backups: readonly Backup[],
): Promise<readonly DroppedContents[]> {
  for (const { historyId } of backups) {
    await trx
      .deleteFrom("kept_contents")
      .where("history_id", "=", historyId)
      .where("purpose", "=", "backup")
      .execute();
    await trx
      .updateTable("journals")
      .set({ backup_items: null })
      .where("history_id", "=", historyId)
      .execute();
  }
  return backups.map(({ historyId }) => ({ historyId, purpose: "backup" }));
}
