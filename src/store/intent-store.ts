import type { Kysely, Selectable } from "kysely";
import type { RecordId } from "../../card/index.ts";
import type { Luid } from "../../syncml/index.ts";
import type { Intent } from "../bridge/intent.ts";
import type { IntentRow } from "./link-tables.ts";
import type { Tables } from "./schema.ts";

const BATCH = 500;

/** @returns the intents kept for a link, oldest first; empty after a commit */
export async function loadIntents(db: Kysely<Tables>, linkId: number): Promise<readonly Intent[]> {
  const rows = await db
    .selectFrom("intents")
    .selectAll()
    .where("link_id", "=", linkId)
    .orderBy("seq")
    .execute();
  return rows.map(toIntent);
}

export async function addIntents(
  db: Kysely<Tables>,
  linkId: number,
  intents: readonly Intent[],
): Promise<void> {
  for (let at = 0; at < intents.length; at += BATCH)
    await db
      .insertInto("intents")
      .values(intents.slice(at, at + BATCH).map((intent) => fromIntent(linkId, intent)))
      .execute();
}

/** The results of all intents so far are durable in the map. */
export async function markIntentsDone(db: Kysely<Tables>, linkId: number): Promise<void> {
  await db
    .updateTable("intents")
    .set({ is_done: 1 })
    .where("link_id", "=", linkId)
    .where("is_done", "=", 0)
    .execute();
}

export async function clearIntents(db: Kysely<Tables>, linkId: number): Promise<void> {
  await db.deleteFrom("intents").where("link_id", "=", linkId).execute();
}

function fromIntent(linkId: number, intent: Intent): IntentRow {
  return {
    link_id: linkId,
    seq: intent.seq,
    luid: intent.luid,
    op: intent.op,
    hash: intent.hash ?? null,
    strong_key: intent.strongKey ?? null,
    before_hash: intent.beforeHash ?? null,
    record_id: intent.recordId ?? null,
    is_done: intent.isDone ? 1 : 0,
  };
}

function toIntent(row: Selectable<IntentRow>): Intent {
  return {
    seq: row.seq,
    luid: row.luid as Luid,
    op: row.op as Intent["op"],
    ...(row.hash === null ? {} : { hash: row.hash }),
    ...(row.strong_key === null ? {} : { strongKey: row.strong_key }),
    ...(row.before_hash === null ? {} : { beforeHash: row.before_hash }),
    ...(row.record_id === null ? {} : { recordId: row.record_id as RecordId }),
    isDone: row.is_done === 1,
  };
}
