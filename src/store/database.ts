import { chmodSync, closeSync, openSync } from "node:fs";
import SqliteDatabase from "better-sqlite3";
import { Kysely, Migrator, SqliteDialect } from "kysely";
import { BridgeError } from "../errors.ts";
import { MIGRATIONS } from "./migrations/all.ts";
import type { Tables } from "./schema.ts";

/** Its name in the data folder. */
export const DATABASE_FILE = "cardsync.db";

const BUSY_TIMEOUT_MS = 5000;

/**
 * Opens the SQLite file, makes it (mode 0600) where it is missing, and brings its tables up to date.
 * What a transaction wrote is on the disk when its promise resolves: WAL with synchronous=FULL.
 * @param path a file, or `:memory:`
 * @throws BridgeError BRIDGE_STORE if it cannot be opened, is damaged, or was written by a newer version
 */
export async function openDatabase(path: string): Promise<Kysely<Tables>> {
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: openFile(path) }) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

function openFile(path: string): SqliteDatabase.Database {
  try {
    if (path !== ":memory:") makePrivateFile(path);
    const file = new SqliteDatabase(path, { timeout: BUSY_TIMEOUT_MS });
    file.pragma("journal_mode = WAL");
    file.pragma("synchronous = FULL");
    file.pragma("foreign_keys = ON");
    file.pragma("trusted_schema = OFF");
    return file;
  } catch (cause) {
    throw new BridgeError("BRIDGE_STORE", `The database ${path} cannot be opened.`, { cause });
  }
}

/** SQLite gives its -wal and -shm files the mode of the main one, so only that one needs care. */
function makePrivateFile(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
}

async function migrate(db: Kysely<Tables>): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) };
  // Migrations only add, so that one with a lower number may come into a file that has a higher one.
  const migrator = new Migrator({ db, provider, allowUnorderedMigrations: true });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw new BridgeError(
    "BRIDGE_STORE",
    "The database cannot be brought up to date: is it from a newer version of cardsync?",
    { cause: error },
  );
}
