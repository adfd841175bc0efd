import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MIGRATIONS } from "../../../../src/store/migrations/all.ts";
import { openDatabase } from "../../../../src/store/database.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-store-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("openDatabase", () => {
  it("makes the file readable by its owner only, with durable settings", async () => {
    const path = join(folder, "cardsync.db");
    const db = await openDatabase(path);
    const pragma = async (name: string): Promise<unknown> =>
      Object.values((await sql.raw(`pragma ${name}`).execute(db)).rows[0] as object)[0];
    expect(await pragma("journal_mode")).toBe("wal");
    expect(await pragma("synchronous")).toBe(2);
    expect(await pragma("foreign_keys")).toBe(1);
    for (const suffix of ["", "-wal", "-shm"]) {
      expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    }
    await db.destroy();
  });

  it("applies every migration once and keeps what it finds", async () => {
    const path = join(folder, "cardsync.db");
    const first = await openDatabase(path);
    const value = Buffer.from([1]);
    await first.insertInto("settings").values({ name: "kept", value }).execute();
    await first.destroy();
    const second = await openDatabase(path);
    const applied = await sql<{ name: string }>`select name from kysely_migration`.execute(second);
    expect(applied.rows.map((row) => row.name)).toEqual(Object.keys(MIGRATIONS));
    expect(await second.selectFrom("settings").selectAll().execute()).toHaveLength(1);
    await second.destroy();
  });

  it("refuses a file that is no database", async () => {
    const path = join(folder, "cardsync.db");
    writeFileSync(path, "no database at all, but long enough to be looked at".repeat(30));
    await expect(openDatabase(path)).rejects.toMatchObject({ code: "BRIDGE_STORE" });
  });

  it("refuses a database of a newer version", async () => {
    const path = join(folder, "cardsync.db");
    const db = await openDatabase(path);
    await sql`insert into kysely_migration values ('9999-future', '2030-01-01')`.execute(db);
    await db.destroy();
    await expect(openDatabase(path)).rejects.toMatchObject({ code: "BRIDGE_STORE" });
  });
});
