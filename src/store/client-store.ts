import type { Kysely } from "kysely";
import type { RecordId } from "../../card/index.ts";
import type { KnownMap, MapState } from "../bridge/client/map-lists.ts";
import type { Tables } from "./schema.ts";

const BATCH = 500;

/** What is remembered of the syncs with one server; all of it may be lost. */
export interface ClientMemory {
  readonly maps: readonly KnownMap[];
  /** Records that the server does not have. */
  readonly missing: readonly RecordId[];
}

export async function loadClientMemory(db: Kysely<Tables>, linkId: number): Promise<ClientMemory> {
  const maps = await db
    .selectFrom("server_maps")
    .selectAll()
    .where("link_id", "=", linkId)
    .orderBy("record_id")
    .execute();
  const missing = await db
    .selectFrom("server_missing")
    .selectAll()
    .where("link_id", "=", linkId)
    .execute();
  return {
    maps: maps.map(({ guid, record_id, state }) => ({
      guid,
      recordId: record_id as RecordId,
      state: state as MapState,
    })),
    missing: missing.map(({ record_id }) => record_id as RecordId),
  };
}

/** Replaces the lists of Maps. */
export async function saveMapLists(
  db: Kysely<Tables>,
  linkId: number,
  maps: readonly KnownMap[],
): Promise<void> {
  await db.deleteFrom("server_maps").where("link_id", "=", linkId).execute();
  for (let at = 0; at < maps.length; at += BATCH)
    await db
      .insertInto("server_maps")
      .values(
        maps.slice(at, at + BATCH).map(({ guid, recordId, state }) => ({
          link_id: linkId,
          guid,
          record_id: recordId,
          state,
        })),
      )
      .execute();
}

/** Replaces the list of records that the server does not have. */
export async function saveMissing(
  db: Kysely<Tables>,
  linkId: number,
  missing: readonly RecordId[],
): Promise<void> {
  await db.deleteFrom("server_missing").where("link_id", "=", linkId).execute();
  for (let at = 0; at < missing.length; at += BATCH)
    await db
      .insertInto("server_missing")
      .values(missing.slice(at, at + BATCH).map((id) => ({ link_id: linkId, record_id: id })))
      .execute();
}
