import { createHash } from "node:crypto";
import type { PimItem } from "./item.ts";
import { comparableText } from "./normal/canonical-line.ts";
import { normalCalendar } from "./normal/calendar-normal.ts";
import { normalVcard } from "./normal/vcard-normal.ts";
import { rootComponent } from "./parse-text.ts";

const HEX_DIGITS = 32;

/** What the item is compared by; the whole text where it has no structure to read. */
function normalForm(item: PimItem): string {
  const root = rootComponent(item);
  if (root === undefined) return comparableText(item.text);
  return (item.kind === "contact" ? normalVcard(root) : normalCalendar(root)).join("\n");
}

/** 32 hex digits that are equal for two items exactly if a user sees the same data in them: order, folding, parameter
 * case, empty and volatile properties and the spelling of the format do not count. Total. What counts: README. */
export const fingerprint = (item: PimItem): string =>
  createHash("sha256")
    .update(`${item.kind}\n${normalForm(item)}`)
    .digest("hex")
    .slice(0, HEX_DIGITS);
