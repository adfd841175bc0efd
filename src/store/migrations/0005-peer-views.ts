import type { Kysely, Migration } from "kysely";

/** What a peer with limits made of an item: fingerprints of what it sent, and of what it keeps of what it was sent. */
export const peerViews: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable("map_rows").addColumn("received_as", "text").execute();
    await db.schema.alterTable("map_rows").addColumn("sent_as", "text").execute();
  },
};
