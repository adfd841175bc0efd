import type { Kysely } from "kysely";
import type { KeptContents } from "./kept-contents.ts";
import type { Tables } from "./schema.ts";

/**
 * A card was erased on purpose: what its items were is forgotten, and its syncs cannot be undone. That they were stays
 * in the history.
 */
export async function forgetErasedCard(
  db: Kysely<Tables>,
  kept: KeptContents,
  cardUuid: string,
): Promise<void> {
  const journals = await db
    .selectFrom("journals")
    .select("history_id")
    .where("card_uuid", "=", cardUuid)
    .execute();
  await db.transaction().execute(async (trx) => {
    for (const { history_id } of journals) await forgetSync(trx, history_id);
    await trx
      .updateTable("journals")
      .set({ is_pruned: 1, backup_items: null })
      .where("card_uuid", "=", cardUuid)
      .execute();
  });
  for (const { history_id } of journals)
    for (const purpose of ["before", "backup"] as const) kept.forget(history_id, purpose);
}

async function forgetSync(trx: Kysely<Tables>, historyId: number): Promise<void> {
  await trx.deleteFrom("kept_contents").where("history_id", "=", historyId).execute();
  await trx.deleteFrom("journal_changes").where("history_id", "=", historyId).execute();
  await trx
    .updateTable("history_items")
    .set({ title: null })
    .where("history_id", "=", historyId)
    .execute();
}
