import type { Kysely } from "kysely";
import { LIMITS } from "../config/limits.ts";
import type { Tables } from "./schema.ts";

/** Makes `next` the device's current nonce and the current one its previous. Strangers cannot fill the table: the oldest rows go. */
export async function rotateNonce(
  db: Kysely<Tables>,
  deviceId: string,
  next: Uint8Array,
  nowMs: number,
): Promise<void> {
  await db
    .insertInto("nonces")
    .values({ device_id: deviceId, current: next, previous: null, changed_at_ms: nowMs })
    .onConflict((conflict) =>
      conflict.column("device_id").doUpdateSet((row) => ({
        current: next,
        previous: row.ref("nonces.current"),
        changed_at_ms: nowMs,
      })),
    )
    .execute();
  await db
    .deleteFrom("nonces")
    .where("device_id", "in", (rows) =>
      rows
        .selectFrom("nonces")
        .select("device_id")
        .orderBy("changed_at_ms", "desc")
        .orderBy("device_id")
        .limit(-1)
        .offset(LIMITS.nonces),
    )
    .execute();
}

/** @returns an empty object for a device that never got one */
export async function readNonces(
  db: Kysely<Tables>,
  deviceId: string,
): Promise<{ readonly current?: Uint8Array; readonly previous?: Uint8Array }> {
  const row = await db
    .selectFrom("nonces")
    .selectAll()
    .where("device_id", "=", deviceId)
    .executeTakeFirst();
  if (row === undefined) return {};
  if (row.previous === null) return { current: row.current };
  return { current: row.current, previous: row.previous };
}
