import { type Kysely, type Migration, sql } from "kysely";

/** Schemes of each user, what 1.0's MD5 needs, our own credentials for devices, nonces that may be used once more, HMAC. */
export const auth: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await alterUsers(db);
    await db.schema
      .createTable("own_credentials")
      .addColumn("user", "text", (c) => c.notNull().references("users.name").onDelete("cascade"))
      .addColumn("device_id", "text", (c) => c.notNull())
      .addColumn("name", "text", (c) => c.notNull())
      .addColumn("password", "blob", (c) => c.notNull())
      .addPrimaryKeyConstraint("own_credentials_key", ["user", "device_id"])
      .modifyEnd(sql`strict`)
      .execute();
    await db.schema.alterTable("nonces").addColumn("reusable_from", "text").execute();
    await db.schema
      .alterTable("nonces")
      .addColumn("is_used", "integer", (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable("sessions").addColumn("reply_hmac", "text").execute();
  },
};

/** Until now a user with an MD5 secret could use it, and one without could not. */
async function alterUsers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("users")
    .addColumn("auth", "text", (c) => c.notNull().defaultTo("basic,md5"))
    .execute();
  await db.schema.alterTable("users").addColumn("password", "blob").execute();
  await sql`update users set auth = 'basic' where md5_secret is null`.execute(db);
}
