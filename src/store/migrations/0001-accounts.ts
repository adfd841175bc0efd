import { type Kysely, type Migration, sql } from "kysely";

/** Settings, users, nonces, devices. */
export const accounts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable("settings")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("value", "blob", (column) => column.notNull())
      .modifyEnd(sql`strict`)
      .execute();
    await db.schema
      .createTable("users")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("password_hash", "text", (column) => column.notNull())
      .addColumn("md5_secret", "blob")
      .addColumn("card_uuid", "text")
      .addColumn("created_at_ms", "integer", (column) => column.notNull())
      .modifyEnd(sql`strict`)
      .execute();
    await db.schema
      .createTable("nonces")
      .addColumn("device_id", "text", (column) => column.primaryKey())
      .addColumn("current", "blob", (column) => column.notNull())
      .addColumn("previous", "blob")
      .addColumn("changed_at_ms", "integer", (column) => column.notNull())
      .modifyEnd(sql`strict`)
      .execute();
    await db.schema
      .createTable("devices")
      .addColumn("user", "text", (column) =>
        column.notNull().references("users.name").onDelete("cascade"),
      )
      .addColumn("device_id", "text", (column) => column.notNull())
      .addColumn("dev_inf", "text", (column) => column.notNull())
      .addColumn("changed_at_ms", "integer", (column) => column.notNull())
      .addPrimaryKeyConstraint("devices_key", ["user", "device_id"])
      .modifyEnd(sql`strict`)
      .execute();
  },
};
