import type { Kysely } from "kysely";
import type { Cipher } from "./cipher.ts";
import type { Tables } from "./schema.ts";

const NAME = "key-check";

/**
 * Makes sure that the key is the one this database was made with: finding out later, item by item, would look like lost data.
 * @throws BridgeError BRIDGE_STORE if it is another one
 */
export async function checkKey(db: Kysely<Tables>, cipher: Cipher): Promise<void> {
  const row = await db
    .selectFrom("settings")
    .select("value")
    .where("name", "=", NAME)
    .executeTakeFirst();
  if (row !== undefined) {
    cipher.open(row.value, NAME);
    return;
  }
  const value = cipher.seal(Buffer.from(NAME, "utf8"), NAME);
  await db.insertInto("settings").values({ name: NAME, value }).execute();
}
