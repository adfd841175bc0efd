import { type Kysely, type Migration, sql } from "kysely";

/** Servers that cards are taken to, and when. */
export const peers: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable("peers")
      .addColumn("name", "text", (c) => c.primaryKey())
      .addColumn("settings", "text", (c) => c.notNull())
      .addColumn("password", "blob", (c) => c.notNull())
      .addColumn("created_at_ms", "integer", (c) => c.notNull())
      .modifyEnd(sql`strict`)
      .execute();
    await db.schema
      .createTable("schedules")
      .addColumn("peer", "text", (c) => c.primaryKey().references("peers.name").onDelete("cascade"))
      .addColumn("cron", "text")
      .addColumn("time_zone", "text", (c) => c.notNull())
      .addColumn("is_on_insert", "integer", (c) => c.notNull())
      .addColumn("is_on_change", "integer", (c) => c.notNull())
      .addColumn("jitter_seconds", "integer", (c) => c.notNull())
      .addColumn("next_due_ms", "integer")
      .addColumn("failures", "integer", (c) => c.notNull())
      .addColumn("paused_reason", "text")
      .modifyEnd(sql`strict`)
      .execute();
  },
};
