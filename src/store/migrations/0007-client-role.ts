import type { Kysely, Migration } from "kysely";

/** What is remembered of syncs with servers between their sessions; nothing of it is needed for a fast sync. */
export const clientRole: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable("server_maps")
      .addColumn("link_id", "integer", (c) =>
        c.notNull().references("links.id").onDelete("cascade"),
      )
      .addColumn("guid", "text", (c) => c.notNull())
      .addColumn("record_id", "integer", (c) => c.notNull())
      .addColumn("state", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("server_maps_key", ["link_id", "guid"])
      .execute();
    await db.schema
      .createTable("server_missing")
      .addColumn("link_id", "integer", (c) =>
        c.notNull().references("links.id").onDelete("cascade"),
      )
      .addColumn("record_id", "integer", (c) => c.notNull())
      .addPrimaryKeyConstraint("server_missing_key", ["link_id", "record_id"])
      .execute();
    await db.schema.alterTable("intents").addColumn("before_hash", "text").execute();
  },
};
