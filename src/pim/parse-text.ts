import { parseComponents, type Component } from "./content-line/component.ts";
import { logicalLines } from "./content-line/logical-lines.ts";
import type { PimItem } from "./item.ts";

/** The logical lines of an item's canonical text; [] for a note. */
export const textLines = (item: PimItem): readonly string[] =>
  item.kind === "note"
    ? []
    : logicalLines(item.text, item.kind === "contact" ? "vcard30" : "icalendar");

/** The VCARD or VCALENDAR of an item; undefined for a note or a text that holds none. */
export const rootComponent = (item: PimItem): Component | undefined =>
  parseComponents(textLines(item)).roots[0];
