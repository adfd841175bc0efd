import type { Kysely } from "kysely";
import type { Nonces } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import type { Tables } from "./schema.ts";

/** @returns undefined for a device that never got one */
export async function readNonces(
  db: Kysely<Tables>,
  deviceId: string,
): Promise<Nonces | undefined> {
  const row = await db
    .selectFrom("nonces")
    .selectAll()
    .where("device_id", "=", deviceId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return row.previous === null
    ? { current: row.current }
    : { current: row.current, used: row.previous };
}

/** @returns the device's current nonce; `fresh`, kept from now on, where it has none */
export async function offerNonce(
  db: Kysely<Tables>,
  deviceId: string,
  { fresh, nowMs }: { readonly fresh: Uint8Array; readonly nowMs: number },
): Promise<Uint8Array> {
  const known = await readNonces(db, deviceId);
  if (known !== undefined) return known.current;
  const row = { device_id: deviceId, current: fresh, previous: null, changed_at_ms: nowMs };
  await db
    .insertInto("nonces")
    .values({ ...row, reusable_from: null, is_used: 0 })
    .execute();
  await dropOldest(db);
  return fresh;
}

/** Strangers cannot fill the table: what goes first is what nobody was let in with, and then the oldest. */
async function dropOldest(db: Kysely<Tables>): Promise<void> {
  await db
    .deleteFrom("nonces")
    .where("device_id", "in", (rows) =>
      rows
        .selectFrom("nonces")
        .select("device_id")
        .orderBy("is_used", "desc")
        .orderBy("changed_at_ms", "desc")
        .orderBy("device_id")
        .limit(-1)
        .offset(LIMITS.nonces),
    )
    .execute();
}

/** Makes `next` the current nonce where `nonce` still is it, in one statement. @returns undefined where it is not */
export async function useNonce(
  db: Kysely<Tables>,
  deviceId: string,
  change: {
    readonly nonce: Uint8Array;
    readonly next: Uint8Array;
    readonly remoteAddress: string;
    readonly nowMs: number;
  },
): Promise<Uint8Array | undefined> {
  const { nonce, next, remoteAddress, nowMs } = change;
  const { numUpdatedRows } = await db
    .updateTable("nonces")
    .set({ current: next, previous: nonce, reusable_from: remoteAddress })
    .set({ is_used: 1, changed_at_ms: nowMs })
    .where("device_id", "=", deviceId)
    .where("current", "=", nonce)
    .executeTakeFirst();
  return numUpdatedRows === 1n ? next : undefined;
}

/** @returns the current nonce; undefined where the used one was used twice, or the device went on, or is elsewhere */
export async function reuseNonce(
  db: Kysely<Tables>,
  deviceId: string,
  { nonce, remoteAddress }: { readonly nonce: Uint8Array; readonly remoteAddress: string },
): Promise<Uint8Array | undefined> {
  const { numUpdatedRows } = await db
    .updateTable("nonces")
    .set({ reusable_from: null })
    .where("device_id", "=", deviceId)
    .where("previous", "=", nonce)
    .where("reusable_from", "=", remoteAddress)
    .executeTakeFirst();
  return numUpdatedRows === 1n ? (await readNonces(db, deviceId))?.current : undefined;
}

/** The used nonce is good for nothing any more. */
export async function confirmNonce(db: Kysely<Tables>, deviceId: string): Promise<void> {
  await db
    .updateTable("nonces")
    .set({ reusable_from: null })
    .where("device_id", "=", deviceId)
    .where("reusable_from", "is not", null)
    .execute();
}
