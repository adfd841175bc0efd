import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const OWNER_ONLY = 0o600;

/** Writes a whole file that only its owner can read: after a crash there is the old one or the new one, never a part. */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${String(process.pid)}.new`;
  const file = openSync(draft, "w", OWNER_ONLY);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
