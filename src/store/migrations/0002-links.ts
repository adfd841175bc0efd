import { type Kysely, type Migration, sql } from "kysely";

/** Links, their maps and intents, the image of the card, history and sessions. */
export const links: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createLinks(db);
    await createItems(db);
    await indexOpenRows(db);
    await createImage(db);
    await createHistory(db);
    await createSessions(db);
  },
};

async function createLinks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("links")
    .addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
    .addColumn("card_uuid", "text", (c) => c.notNull())
    .addColumn("database", "integer", (c) => c.notNull())
    .addColumn("user", "text", (c) => c.notNull())
    .addColumn("device", "text", (c) => c.notNull())
    .addColumn("peer_uri", "text", (c) => c.notNull())
    .addColumn("generation", "integer", (c) => c.notNull())
    .addColumn("current_object", "text")
    .addColumn("current_anchor", "text")
    .addColumn("previous_object", "text")
    .addColumn("previous_anchor", "text")
    .addColumn("pending_object", "text")
    .addColumn("pending_anchor", "text")
    .addColumn("pending_phase", "text")
    .addColumn("pending_base", "text")
    .addColumn("needs_slow", "text")
    .addColumn("last_sync_ms", "integer")
    .addUniqueConstraint("links_sides", ["card_uuid", "database", "user", "device", "peer_uri"])
    .execute();
}

/** Few rows are ever in these: a sync looks at them without passing over all that the peer holds. */
async function indexOpenRows(db: Kysely<unknown>): Promise<void> {
  await sql`create index map_rows_unanswered on map_rows (link_id) where sent_state <> 'idle'`.execute(
    db,
  );
  await sql`create index map_rows_deleted on map_rows (link_id, deleted_gen) where deleted_gen is not null`.execute(
    db,
  );
}

async function createItems(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("map_rows")
    .addColumn("link_id", "integer", (c) => c.notNull().references("links.id").onDelete("cascade"))
    .addColumn("record_id", "integer", (c) => c.notNull())
    .addColumn("luid", "text")
    .addColumn("received_hash", "text")
    .addColumn("sent_hash", "text")
    .addColumn("sent_op", "text")
    .addColumn("sent_state", "text", (c) => c.notNull())
    .addColumn("created_gen", "integer", (c) => c.notNull())
    .addColumn("deleted_gen", "integer")
    .addPrimaryKeyConstraint("map_rows_key", ["link_id", "record_id"])
    .execute();
  await db.schema
    .createIndex("map_rows_luid")
    .on("map_rows")
    .columns(["link_id", "luid"])
    .execute();
  await db.schema
    .createTable("intents")
    .addColumn("link_id", "integer", (c) => c.notNull().references("links.id").onDelete("cascade"))
    .addColumn("seq", "integer", (c) => c.notNull())
    .addColumn("luid", "text", (c) => c.notNull())
    .addColumn("op", "text", (c) => c.notNull())
    .addColumn("hash", "text")
    .addColumn("strong_key", "text")
    .addColumn("record_id", "integer")
    .addColumn("is_done", "integer", (c) => c.notNull())
    .addPrimaryKeyConstraint("intents_key", ["link_id", "seq"])
    .execute();
}

async function createImage(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("image")
    .addColumn("card_uuid", "text", (c) => c.notNull())
    .addColumn("epoch", "text", (c) => c.notNull())
    .addColumn("database", "integer", (c) => c.notNull())
    .addColumn("record_id", "integer", (c) => c.notNull())
    .addColumn("mod_csn", "integer", (c) => c.notNull())
    .addColumn("crc16", "integer", (c) => c.notNull())
    .addColumn("hash", "text", (c) => c.notNull())
    .addColumn("strong_key", "text", (c) => c.notNull())
    .addColumn("content", "blob", (c) => c.notNull())
    .addPrimaryKeyConstraint("image_key", ["card_uuid", "epoch", "database", "record_id"])
    .execute();
}

async function createHistory(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("history")
    .addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
    .addColumn("started_ms", "integer", (c) => c.notNull())
    .addColumn("ended_ms", "integer", (c) => c.notNull())
    .addColumn("role", "text", (c) => c.notNull())
    .addColumn("card_uuid", "text", (c) => c.notNull())
    .addColumn("database", "integer", (c) => c.notNull())
    .addColumn("user", "text", (c) => c.notNull())
    .addColumn("peer", "text", (c) => c.notNull())
    .addColumn("datastore", "text", (c) => c.notNull())
    .addColumn("type_asked", "text", (c) => c.notNull())
    .addColumn("type_done", "text", (c) => c.notNull())
    .addColumn("counts", "text", (c) => c.notNull())
    .addColumn("outcome", "text", (c) => c.notNull())
    .addColumn("reason", "text", (c) => c.notNull())
    .execute();
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("sessions")
    .addColumn("token", "text", (c) => c.primaryKey())
    .addColumn("device_id", "text", (c) => c.notNull())
    .addColumn("session_id", "text", (c) => c.notNull())
    .addColumn("last_msg_id", "integer", (c) => c.notNull())
    .addColumn("last_request_hash", "text", (c) => c.notNull())
    .addColumn("reply", "blob", (c) => c.notNull())
    .addColumn("reply_content_type", "text", (c) => c.notNull())
    .addColumn("state", "blob", (c) => c.notNull())
    .addColumn("has_ended", "integer", (c) => c.notNull())
    .addColumn("changed_at_ms", "integer", (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex("sessions_device")
    .on("sessions")
    .columns(["device_id", "session_id", "changed_at_ms"])
    .execute();
}
