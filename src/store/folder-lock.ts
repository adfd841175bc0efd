import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { BridgeError } from "../errors.ts";

const LOCK_FILE = "lock";

/** The right to use a data folder alone. */
export interface FolderLock {
  release(): void;
}

/**
 * Makes the folder (mode 0700) where it is missing, and takes it.
 *
 * The lock is SQLite's on a file without tables: the operating system drops it when the process dies, however it dies,
 * so nothing stale is left to judge and two starters can never both win.
 * @returns undefined where another process has it
 * @throws BridgeError BRIDGE_STORE if the folder cannot be made or written
 */
export function tryLockFolder(dataDir: string): FolderLock | undefined {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const path = join(dataDir, LOCK_FILE);
    const file = new SqliteDatabase(path, { timeout: 0 });
    chmodSync(path, 0o600);
    if (!isTaken(file)) {
      file.close();
      return undefined;
    }
    return { release: () => file.close() };
  } catch (cause) {
    throw new BridgeError("BRIDGE_STORE", `The folder ${dataDir} cannot be used.`, { cause });
  }
}

function isTaken(file: SqliteDatabase.Database): boolean {
  try {
    file.exec("begin exclusive");
    return true;
  } catch (error) {
    if (error instanceof SqliteDatabase.SqliteError && error.code.startsWith("SQLITE_BUSY")) {
      return false;
    }
    throw error;
  }
}
