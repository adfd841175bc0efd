import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RecordId } from "../../../../card/index.ts";
import { LIMITS } from "../../../../src/config/limits.ts";
import { saveBackup } from "../../../../src/store/backup-store.ts";
import { createCipher } from "../../../../src/store/cipher.ts";
import { openDatabase } from "../../../../src/store/database.ts";
import { forgetErasedCard } from "../../../../src/store/erased-card.ts";
import { pruneHistory } from "../../../../src/store/history-pruning.ts";
import { addHistory } from "../../../../src/store/history-store.ts";
import { addJournal, saveChanges } from "../../../../src/store/journal-store.ts";
import { KeptContents } from "../../../../src/store/kept-contents.ts";
import type { Tables } from "../../../../src/store/schema.ts";

const DAY_MS = 24 * 60 * 60_000;
const NOW = 1000 * DAY_MS;
const PLACE = { cardUuid: "card", epoch: "1", database: 1 };
const kept = new KeptContents(createCipher(randomBytes(32)), "disk");

let db: Kysely<Tables>;
beforeEach(async () => {
  db = await openDatabase(":memory:");
});
afterEach(() => db.destroy());

interface SyncOptions {
  readonly daysAgo?: number;
  readonly contentBytes?: number;
  readonly items?: number;
  readonly standsFor?: RecordId;
}

/** A sync that changed one record. @returns its number */
async function addSync({
  daysAgo = 0,
  contentBytes = 1,
  items = 0,
  standsFor,
}: SyncOptions = {}): Promise<number> {
  const began = NOW - daysAgo * DAY_MS;
  const id = await addHistory(db, {
    started_ms: began,
    ended_ms: began,
    role: "server",
    card_uuid: PLACE.cardUuid,
    database: PLACE.database,
    user: "me",
    peer: "phone",
    datastore: "contacts",
    type_asked: "two-way",
    type_done: "two-way",
    counts: "{}",
    outcome: "ok",
    reason: "",
  });
  await addJournal(db, {
    history_id: id,
    card_uuid: PLACE.cardUuid,
    epoch: PLACE.epoch,
    database: PLACE.database,
    began_ms: began,
    newest_csn: 0,
    base: "current",
    undo_of: null,
    is_pruned: 0,
    items_left_out: 0,
    backup_items: null,
  });
  const recordId = 1 as RecordId;
  const stands = standsFor === undefined ? {} : { standsFor };
  await saveChanges(db, id, [{ seq: 1, recordId, before: "a", after: "b", ...stands }]);
  const content = new Uint8Array(contentBytes);
  await kept.put(db, id, "before", [{ recordId, hash: "a", content }]);
  for (let seq = 1; seq <= items; seq += 1)
    await db
      .insertInto("history_items")
      .values({
        history_id: id,
        seq,
        side: "peer",
        asked: "add",
        done: "added",
        status: 201,
        luid: null,
        record_id: null,
        title: null,
      })
      .execute();
  return id;
}

async function backUp(id: number, items: number): Promise<readonly number[]> {
  const recordId = 1 as RecordId;
  await kept.put(db, id, "backup", [{ recordId, hash: "a", content: new Uint8Array(1) }]);
  return (await saveBackup(db, id, items)).map(({ historyId }) => historyId);
}

const undoable = async (): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom("journals")
    .select("history_id")
    .where("is_pruned", "=", 0)
    .orderBy("history_id")
    .execute();
  return rows.map(({ history_id }) => history_id);
};
const backups = async (): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom("kept_contents")
    .select("history_id")
    .where("purpose", "=", "backup")
    .orderBy("history_id")
    .execute();
  return rows.map(({ history_id }) => history_id);
};

describe("pruneHistory", () => {
  it("keeps what undoes the newest syncs, by number", async () => {
    const ids: number[] = [];
    for (let at = 0; at < LIMITS.undoSyncs + 2; at += 1) ids.push(await addSync());
    await pruneHistory(db, PLACE, NOW);
    expect(await undoable()).toEqual(ids.slice(2));
  });

  it("keeps it by age, but for the newest sync", async () => {
    const old = await addSync({ daysAgo: LIMITS.historyDays + 2 });
    const newest = await addSync({ daysAgo: LIMITS.historyDays + 1 });
    const dropped = await pruneHistory(db, PLACE, NOW);
    expect(dropped).toEqual([{ historyId: old, purpose: "before" }]);
    expect(await undoable()).toEqual([newest]);
    expect((await kept.contents(db, old, "before", [1 as RecordId])).size).toBe(0);
  });

  it("keeps it by size, but for the newest sync", async () => {
    await addSync({ contentBytes: 10 });
    const newest = await addSync({ contentBytes: LIMITS.undoBytes });
    await pruneHistory(db, PLACE, NOW);
    expect(await undoable()).toEqual([newest]);
  });

  it("keeps which record stands for which", async () => {
    await addSync({ daysAgo: LIMITS.historyDays + 2, standsFor: 7 as RecordId });
    await addSync();
    await pruneHistory(db, PLACE, NOW);
    const rows = await db.selectFrom("journal_changes").select("stands_for").execute();
    expect(rows.map(({ stands_for }) => stands_for)).toEqual([7, null]);
  });

  it("drops old items, and leaves the sync in the history", async () => {
    await addSync({ daysAgo: LIMITS.historyDays + 1, items: 3 });
    await addSync({ items: 2 });
    await pruneHistory(db, PLACE, NOW);
    expect(await db.selectFrom("history_items").select("seq").execute()).toHaveLength(2);
    expect(await db.selectFrom("history").select("id").execute()).toHaveLength(2);
  });

  it("leaves another database alone", async () => {
    const old = await addSync({ daysAgo: LIMITS.historyDays + 2 });
    await addSync();
    await pruneHistory(db, { ...PLACE, database: 2 }, NOW);
    expect(await undoable()).toContain(old);
  });
});

describe("forgetErasedCard", () => {
  it("leaves of a card's syncs nothing but that they were", async () => {
    const id = await addSync({ items: 1 });
    await backUp(id, 100);
    await db
      .updateTable("history_items")
      .set({ title: Buffer.from("sealed") })
      .execute();
    await forgetErasedCard(db, kept, PLACE.cardUuid);
    expect(await db.selectFrom("kept_contents").select("history_id").execute()).toEqual([]);
    expect(await db.selectFrom("journal_changes").select("seq").execute()).toEqual([]);
    expect(await db.selectFrom("history_items").select("title").execute()).toEqual([
      { title: null },
    ]);
    expect(await undoable()).toEqual([]);
    expect(await db.selectFrom("history").select("id").execute()).toEqual([{ id }]);
  });

  it("leaves another card's alone", async () => {
    const id = await addSync();
    await forgetErasedCard(db, kept, "other");
    expect(await undoable()).toEqual([id]);
  });
});

describe("backups", () => {
  it("stay for a time; the newest one stays as long as there is none newer", async () => {
    const first = await addSync({ daysAgo: LIMITS.backupDays + 20 });
    await backUp(first, 100);
    await pruneHistory(db, PLACE, NOW);
    expect(await backups(), "the only one").toEqual([first]);
    const second = await addSync({ daysAgo: LIMITS.backupDays + 10 });
    await backUp(second, 10);
    expect(await pruneHistory(db, PLACE, NOW)).toContainEqual({
      historyId: first,
      purpose: "backup",
    });
    expect(await backups()).toEqual([second]);
  });

  it("of too many the one with the fewest items makes room, never the newest", async () => {
    const large = await addSync();
    await backUp(large, 500);
    const small: number[] = [];
    for (let at = 1; at < LIMITS.backups; at += 1) {
      small.push(await addSync());
      expect(await backUp(small.at(-1) ?? 0, 10 + at)).toEqual([]);
    }
    const newest = await addSync();
    expect(await backUp(newest, 10)).toEqual([small[0]]);
    expect(await backups()).toEqual([large, ...small.slice(1), newest]);
  });

  it("are not the journal's to drop", async () => {
    const id = await addSync({ daysAgo: 1 });
    await backUp(id, 100);
    for (let at = 0; at < LIMITS.undoSyncs; at += 1) await addSync();
    await pruneHistory(db, PLACE, NOW);
    expect(await undoable()).not.toContain(id);
    expect(await kept.hashes(db, id, "backup")).toEqual(new Map([[1, "a"]]));
  });
});
