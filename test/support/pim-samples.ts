import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PimItem } from "../../src/pim/item.ts";
import type { PimKind } from "../../src/pim/kind.ts";
import { readItem } from "../../src/pim/read-item.ts";

const ITEMS = join(import.meta.dirname, "../../samples/items");
const FOLDERS: Readonly<Record<string, PimKind>> = {
  contacts: "contact",
  events: "event",
  tasks: "task",
  notes: "note",
};

export interface Sample {
  readonly name: string;
  readonly kind: PimKind;
  readonly bytes: Uint8Array;
}

/** Every file of samples/items. */
export const SAMPLES: readonly Sample[] = Object.entries(FOLDERS).flatMap(([folder, kind]) =>
  readdirSync(join(ITEMS, folder)).map((name) => ({
    name,
    kind,
    bytes: readFileSync(join(ITEMS, folder, name)),
  })),
);

/** The item in that content, which must be good. */
export function itemOf(kind: PimKind, content: Uint8Array | string, mediaType?: string): PimItem {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const result = readItem(kind, mediaType, bytes);
  if (result.type !== "item") throw new Error(`not an item: ${JSON.stringify(result)}`);
  return result.item;
}

/** A vCard 3.0 around these lines. */
export const vcard = (...lines: readonly string[]): string =>
  ["BEGIN:VCARD", "VERSION:3.0", ...lines, "END:VCARD", ""].join("\r\n");

/** A VCALENDAR around the lines of one VEVENT. */
export const vevent = (...lines: readonly string[]): string =>
  [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "BEGIN:VEVENT",
    ...lines,
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ].join("\r\n");
