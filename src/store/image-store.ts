import type { Kysely } from "kysely";
import type { ImageRow } from "./link-tables.ts";
import type { Tables } from "./schema.ts";

const BATCH = 500;

/** Names one database of one card; a new epoch makes every older row worthless. */
export interface ImageKey {
  readonly cardUuid: string;
  readonly epoch: string;
  readonly database: number;
}

/** @returns everything but the contents */
export async function loadImageIndex(
  db: Kysely<Tables>,
  key: ImageKey,
): Promise<readonly Omit<ImageRow, "content">[]> {
  return db
    .selectFrom("image")
    .select([
      "card_uuid",
      "epoch",
      "database",
      "record_id",
      "mod_csn",
      "crc16",
      "hash",
      "strong_key",
    ])
    .where("card_uuid", "=", key.cardUuid)
    .where("epoch", "=", key.epoch)
    .where("database", "=", key.database)
    .execute();
}

/** @returns the sealed contents that are there; ids without a row are left out */
export async function loadImageContents(
  db: Kysely<Tables>,
  key: ImageKey,
  ids: readonly number[],
): Promise<readonly Pick<ImageRow, "record_id" | "content">[]> {
  const rows: Pick<ImageRow, "record_id" | "content">[] = [];
  for (let at = 0; at < ids.length; at += BATCH)
    rows.push(
      ...(await db
        .selectFrom("image")
        .select(["record_id", "content"])
        .where("card_uuid", "=", key.cardUuid)
        .where("epoch", "=", key.epoch)
        .where("database", "=", key.database)
        .where("record_id", "in", ids.slice(at, at + BATCH))
        .execute()),
    );
  return rows;
}

export async function saveImageRows(db: Kysely<Tables>, rows: readonly ImageRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += BATCH)
    await db
      .replaceInto("image")
      .values(rows.slice(at, at + BATCH))
      .execute();
}

export async function deleteImageRows(
  db: Kysely<Tables>,
  key: ImageKey,
  ids: readonly number[],
): Promise<void> {
  for (let at = 0; at < ids.length; at += BATCH)
    await db
      .deleteFrom("image")
      .where("card_uuid", "=", key.cardUuid)
      .where("epoch", "=", key.epoch)
      .where("database", "=", key.database)
      .where("record_id", "in", ids.slice(at, at + BATCH))
      .execute();
}

/** Drops what earlier epochs of this card left. */
export async function dropOtherEpochs(db: Kysely<Tables>, key: ImageKey): Promise<void> {
  await db
    .deleteFrom("image")
    .where("card_uuid", "=", key.cardUuid)
    .where("epoch", "!=", key.epoch)
    .execute();
}

/** Drops all of a card that is no more what it was. */
export async function dropCardImage(db: Kysely<Tables>, cardUuid: string): Promise<void> {
  await db.deleteFrom("image").where("card_uuid", "=", cardUuid).execute();
}
