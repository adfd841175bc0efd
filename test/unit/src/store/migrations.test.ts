import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { Kysely, Migrator, SqliteDialect } from "kysely";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase } from "../../../../src/store/database.ts";
import { loadSync } from "../../../../src/store/history-store.ts";
import { MIGRATIONS } from "../../../../src/store/migrations/all.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cardsync-migrate-"))));
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A database as the version before left it, with what `sql` puts in. */
function oldDatabase(before: string, sql: readonly string[]): Promise<string> {
  const names = Object.keys(MIGRATIONS);
  return databaseOf(names.slice(0, names.indexOf(before)), sql);
}

async function databaseOf(old: readonly string[], sql: readonly string[]): Promise<string> {
  const path = join(folder, "cardsync.db");
  const file = new SqliteDatabase(path);
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: file }) });
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).filter(([name]) => old.includes(name)),
  );
  const provider = { getMigrations: () => Promise.resolve(migrations) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined)
    throw new Error("the old version's own migrations failed", { cause: error });
  for (const each of sql) file.exec(each);
  await db.destroy();
  return path;
}

it("0003: users keep what they could use, and their nonces", async () => {
  const path = await oldDatabase("0003-auth", [
    "insert into users values ('ada', 'h', x'01', null, 1), ('bob', 'h', null, null, 1)",
    "insert into nonces values ('phone', x'02', x'01', 1)",
  ]);
  const db = await openDatabase(path);
  const users = await db.selectFrom("users").select(["name", "auth", "password"]).execute();
  expect(users).toEqual([
    { name: "ada", auth: "basic,md5", password: null },
    { name: "bob", auth: "basic", password: null },
  ]);
  const nonce = await db.selectFrom("nonces").selectAll().executeTakeFirstOrThrow();
  expect(nonce).toMatchObject({ current: Buffer.from([2]), reusable_from: null, is_used: 0 });
  await db.destroy();
});

it("0006: a sync of the version before is in the history, and has no journal", async () => {
  const path = await oldDatabase("0006-undo", [
    "insert into history values (7, 1, 2, 'server', 'c', 1, 'me', 'phone', 'contacts', 'slow', 'slow', '{}', 'ok', 'why')",
  ]);
  const db = await openDatabase(path);
  const stored = await loadSync(db, 7);
  expect(stored).toMatchObject({ entry: { id: 7, outcome: "ok" }, journal: undefined });
  await db.destroy();
});

it("a file that has a migration with a higher number takes those that are missing", async () => {
  const names = Object.keys(MIGRATIONS).filter((name) => name !== "0006-undo");
  const db = await openDatabase(await databaseOf(names, []));
  expect(await db.selectFrom("journals").selectAll().execute()).toEqual([]);
  await db.destroy();
});
