import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";

const NAME = "device-id";
const ID_BYTES = 8;

/** The DevID under which peers know this service: made once, then always the same. */
export async function ownDeviceId(db: Kysely<Tables>): Promise<string> {
  const made = `cardsync-${randomBytes(ID_BYTES).toString("hex")}`;
  await db
    .insertInto("settings")
    .values({ name: NAME, value: Buffer.from(made, "utf8") })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await db
    .selectFrom("settings")
    .select("value")
    .where("name", "=", NAME)
    .executeTakeFirstOrThrow();
  return Buffer.from(row.value).toString("utf8");
}
