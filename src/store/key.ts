import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BridgeError } from "../errors.ts";
import { KEY_BYTES } from "./cipher.ts";
import { DATABASE_FILE } from "./database.ts";
import { writePrivateFile } from "./private-file.ts";

/** Name of the credential that systemd's LoadCredential hands over. */
const KEY_CREDENTIAL = "cardsync-key";
const KEY_FILE = "key";

/** Where a key may come from instead of the folder. */
export interface KeySources {
  /** CARDSYNC_KEY: 64 hexadecimal digits. */
  readonly key?: string;
  /** CARDSYNC_KEY_FILE: a file with 64 hexadecimal digits. */
  readonly keyFile?: string;
  /** CREDENTIALS_DIRECTORY, set by systemd. */
  readonly credentialsDirectory?: string;
}

/**
 * The key of the store: from the environment, from a file that it names, from systemd's credentials, or from
 * the file `key` (mode 0600) of the data folder, which is made where there is none.
 * @returns 32 bytes
 * @throws BridgeError BRIDGE_CONFIG if the key is missing beside a database, is not 64 hexadecimal digits, or its file cannot be read
 */
export function loadKey(dataDir: string, sources: KeySources): Uint8Array {
  if (sources.key !== undefined) return parseKey(sources.key, "CARDSYNC_KEY");
  if (sources.keyFile !== undefined) return readKey(sources.keyFile);
  if (sources.credentialsDirectory !== undefined) {
    const credential = join(sources.credentialsDirectory, KEY_CREDENTIAL);
    if (existsSync(credential)) return readKey(credential);
  }
  const path = join(dataDir, KEY_FILE);
  if (!existsSync(path)) makeKey(path, dataDir);
  return readKey(path);
}

/** A folder that has a database once had a key: another one would make its contents unreadable for good. */
function makeKey(path: string, dataDir: string): void {
  if (existsSync(join(dataDir, DATABASE_FILE))) {
    throw new BridgeError("BRIDGE_CONFIG", `The key of ${dataDir} is missing: put ${path} back.`);
  }
  writePrivateFile(path, `${randomBytes(KEY_BYTES).toString("hex")}\n`);
}

function readKey(path: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new BridgeError("BRIDGE_CONFIG", `The key file ${path} cannot be read.`, { cause });
  }
  return parseKey(text, path);
}

function parseKey(text: string, source: string): Uint8Array {
  const digits = text.trim();
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new BridgeError("BRIDGE_CONFIG", `${source} must hold 64 hexadecimal digits.`);
  }
  return Buffer.from(digits, "hex");
}
