import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { encodeRecord } from "../../../src/pim/card-record.ts";
import { splitItems } from "../../../src/pim/split-items.ts";

const FOLDER = resolve(import.meta.dirname, "../../../samples/items/contacts");

/** The contacts of `samples/items`, as the service stores them on a card. */
export const sampleRecords = (): readonly Uint8Array[] =>
  readdirSync(FOLDER)
    .sort()
    .flatMap((name) => splitItems("contact", readFileSync(join(FOLDER, name)), name).items)
    .map(encodeRecord);
