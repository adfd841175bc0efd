import type { Kysely } from "kysely";
import type { RecordId } from "../../card/index.ts";
import type { Tables } from "../store/schema.ts";
import type { ListedVersion } from "./card-records.ts";
import type { Image } from "./image.ts";

/** A record as the card lists and gives it. */
export interface CardVersion extends ListedVersion {
  readonly content: Uint8Array;
}

/**
 * Compares the image of a card database with the card. What is not equal is dropped, so that the next sync reads it from
 * the card again.
 * @param records all that live
 * @returns those of which the image held another content for the same version
 */
export async function dropFalseEntries(
  db: Kysely<Tables>,
  image: Image,
  records: readonly CardVersion[],
): Promise<readonly RecordId[]> {
  const wrong: RecordId[] = [];
  for (const record of records) if (await isFalse(image, record)) wrong.push(record.id);
  for (const id of wrong) await image.drop(id);
  await image.flush(db);
  return wrong;
}

async function isFalse(image: Image, record: CardVersion): Promise<boolean> {
  if ((await image.find(record.id, record)) === undefined) return false;
  // A sealed content that cannot be opened is as wrong as another one.
  const held = await image.contents([record.id]).catch(() => undefined);
  const content = held?.get(record.id);
  return content === undefined || !Buffer.from(content).equals(record.content);
}
