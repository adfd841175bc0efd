import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { DatastoreName } from "../bridge/databases.ts";
import { BridgeError } from "../errors.ts";

/** A file on its way between the operator's folder and the card's items. */
export interface ItemFile {
  readonly name: string;
  readonly base64: string;
}

const EXTENSIONS: Readonly<Record<DatastoreName, string>> = {
  contacts: ".vcf",
  calendar: ".ics",
  tasks: ".ics",
  notes: ".txt",
};

/** Formats of which several items may follow each other in one file. */
const JOINABLE = new Set([".vcf", ".ics"]);

/**
 * @param path one file, or a folder of which the files with the database's extension count
 * @throws BridgeError BRIDGE_NOT_FOUND if there is nothing to read
 */
export function readItemFiles(path: string, database: DatastoreName): readonly ItemFile[] {
  const extension = EXTENSIONS[database];
  try {
    if (!statSync(path).isDirectory()) return [readItemFile(path)];
    const names = readdirSync(path).filter((name) => extname(name).toLowerCase() === extension);
    return names.sort().map((name) => readItemFile(join(path, name)));
  } catch (cause) {
    throw new BridgeError("BRIDGE_NOT_FOUND", `${path} cannot be read.`, { cause });
  }
}

const readItemFile = (path: string): ItemFile => ({
  name: basename(path),
  base64: readFileSync(path).toString("base64"),
});

/**
 * Writes a file each into the folder, which is made; or all into one, where `path` has the extension of a format that allows it.
 * @throws BridgeError BRIDGE_STORE if that fails
 */
export function writeItemFiles(path: string, files: readonly ItemFile[]): void {
  const contents = files.map(({ name, base64 }) => ({
    name,
    bytes: Buffer.from(base64, "base64"),
  }));
  try {
    if (JOINABLE.has(extname(path).toLowerCase())) {
      writeFileSync(path, Buffer.concat(contents.map(({ bytes }) => bytes)));
      return;
    }
    mkdirSync(path, { recursive: true });
    for (const { name, bytes } of contents) writeFileSync(join(path, basename(name)), bytes);
  } catch (cause) {
    throw new BridgeError("BRIDGE_STORE", `${path} cannot be written.`, { cause });
  }
}
