import { lineNamed } from "./content-line/component.ts";
import type { ContentLine } from "./content-line/content-line.ts";
import { splitEscaped, unescapeText } from "./content-line/escape.ts";
import type { PimItem } from "./item.ts";
import { sorted } from "./normal/canonical-line.ts";
import { dateValues } from "./normal/date-value.ts";
import { firstLine } from "./note.ts";
import { rootComponent } from "./parse-text.ts";
import { masterComponent, title } from "./title.ts";

/** Text without case, accents and the German spellings of umlauts; blanks collapsed. */
const folded = (text: string): string =>
  text
    .toLowerCase()
    .replace(/ß/g, "ss")
    .normalize("NFKD")
    .replace(/\p{Mn}+/gu, "")
    .replace(/\s+/g, " ")
    .trim();

const words = (text: string): string =>
  sorted(
    folded(text)
      .split(/[\s,;.]+/)
      .filter((word) => word !== ""),
  ).join(" ");

const dateKey = (line: ContentLine | undefined): string =>
  line === undefined ? "" : ((dateValues(line)[0] ?? "").split(" ")[0] ?? "");

const keyOf = (prefix: string, parts: readonly string[]): string =>
  parts[0] === "" ? "" : [prefix, ...parts].join("|");

const contactKey = (item: PimItem): string => {
  const card = rootComponent(item);
  if (card === undefined) return "";
  const org = splitEscaped(lineNamed(card, "ORG")?.value ?? "", ";")[0] ?? "";
  return keyOf("contact", [words(title(item)), words(unescapeText(org))]);
};

/** A key that two versions of one item share and that two items seldom do: name and organisation of a contact (words in
 * any order, without case and accents), SUMMARY and start of an event, SUMMARY and due date of a task, first line of a
 * note. No UID in it, which phones change. "" if the item has nothing to make one of. Total. */
export function strongKey(item: PimItem): string {
  if (item.kind === "contact") return contactKey(item);
  if (item.kind === "note") return keyOf("note", [folded(firstLine(item.text))]);
  const master = masterComponent(item);
  if (master === undefined) return "";
  const date = lineNamed(master, item.kind === "event" ? "DTSTART" : "DUE");
  return keyOf(item.kind, [folded(title(item)), dateKey(date)]);
}
