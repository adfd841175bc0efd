import { lineNamed, type Component } from "./content-line/component.ts";
import { unescapeText } from "./content-line/escape.ts";
import { itemComponents } from "./icalendar/one-item.ts";
import type { PimItem } from "./item.ts";
import { firstLine } from "./note.ts";
import { rootComponent } from "./parse-text.ts";
import { derivedName } from "./vcard/derived-name.ts";

const textOf = (component: Component | undefined, name: string): string => {
  const line = component === undefined ? undefined : lineNamed(component, name);
  return unescapeText(line?.value ?? "")
    .replace(/\s+/g, " ")
    .trim();
};

/** The master of an event or task, or the first exception where the master is missing. */
export function masterComponent(item: PimItem): Component | undefined {
  const root = rootComponent(item);
  if (root === undefined || (item.kind !== "event" && item.kind !== "task")) return undefined;
  const all = itemComponents(root, item.kind);
  return all.find((one) => lineNamed(one, "RECURRENCE-ID") === undefined) ?? all[0];
}

/** One line to show in a list: FN or the name made from N, ORG, EMAIL, TEL; SUMMARY; the first line. "" if there is
 * none. Total. */
export function title(item: PimItem): string {
  if (item.kind === "note") return firstLine(item.text);
  if (item.kind !== "contact") return textOf(masterComponent(item), "SUMMARY");
  const card = rootComponent(item);
  return textOf(card, "FN") || derivedName(card?.lines ?? []).trim();
}
