import type { Kysely, Migration } from "kysely";

/** What happened to each item of a sync, what the card held before it, and backups before mass deletions. */
export const undo: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createItems(db);
    await createJournals(db);
    await createChanges(db);
    await createContents(db);
  },
};

async function createItems(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("history_items")
    .addColumn("history_id", "integer", (c) =>
      c.notNull().references("history.id").onDelete("cascade"),
    )
    .addColumn("seq", "integer", (c) => c.notNull())
    .addColumn("side", "text", (c) => c.notNull())
    .addColumn("asked", "text", (c) => c.notNull())
    .addColumn("done", "text", (c) => c.notNull())
    .addColumn("status", "integer")
    .addColumn("luid", "text")
    .addColumn("record_id", "integer")
    .addColumn("title", "blob")
    .addPrimaryKeyConstraint("history_items_key", ["history_id", "seq"])
    .execute();
}

async function createJournals(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("journals")
    .addColumn("history_id", "integer", (c) =>
      c.primaryKey().references("history.id").onDelete("cascade"),
    )
    .addColumn("card_uuid", "text", (c) => c.notNull())
    .addColumn("epoch", "text", (c) => c.notNull())
    .addColumn("database", "integer", (c) => c.notNull())
    .addColumn("began_ms", "integer", (c) => c.notNull())
    .addColumn("newest_csn", "integer", (c) => c.notNull())
    .addColumn("base", "text", (c) => c.notNull())
    .addColumn("undo_of", "integer")
    .addColumn("is_pruned", "integer", (c) => c.notNull())
    .addColumn("items_left_out", "integer", (c) => c.notNull())
    .addColumn("backup_items", "integer")
    .execute();
  await db.schema
    .createIndex("journals_database")
    .on("journals")
    .columns(["card_uuid", "database", "history_id"])
    .execute();
}

async function createChanges(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("journal_changes")
    .addColumn("history_id", "integer", (c) =>
      c.notNull().references("journals.history_id").onDelete("cascade"),
    )
    .addColumn("seq", "integer", (c) => c.notNull())
    .addColumn("record_id", "integer")
    .addColumn("hash_before", "text")
    .addColumn("hash_after", "text")
    .addColumn("stands_for", "integer")
    .addPrimaryKeyConstraint("journal_changes_key", ["history_id", "seq"])
    .execute();
}

async function createContents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("kept_contents")
    .addColumn("history_id", "integer", (c) =>
      c.notNull().references("journals.history_id").onDelete("cascade"),
    )
    .addColumn("purpose", "text", (c) => c.notNull())
    .addColumn("record_id", "integer", (c) => c.notNull())
    .addColumn("hash", "text", (c) => c.notNull())
    .addColumn("content", "blob", (c) => c.notNull())
    .addPrimaryKeyConstraint("kept_contents_key", ["history_id", "purpose", "record_id"])
    .execute();
}
