import { lineNamed, type Component } from "../content-line/component.ts";

const COMPONENT = { event: "VEVENT", task: "VTODO" } as const;

/** The VEVENTs or VTODOs of a VCALENDAR: the master and its exceptions. */
export const itemComponents = (
  calendar: Component,
  kind: keyof typeof COMPONENT,
): readonly Component[] => calendar.components.filter(({ name }) => name === COMPONENT[kind]);

/** Whether a VCALENDAR holds one event (or task): at most one master, and exceptions of the same UID.
 * `otherKind`: it holds items, but of another kind. */
export function isOneCalendarItem(
  calendar: Component,
  kind: keyof typeof COMPONENT,
): "yes" | "no" | "otherKind" {
  const items = itemComponents(calendar, kind);
  if (items.length === 0) {
    return calendar.components.some(({ name }) => name !== "VTIMEZONE") ? "otherKind" : "no";
  }
  const masters = items.filter((item) => lineNamed(item, "RECURRENCE-ID") === undefined);
  const uids = new Set(items.map((item) => lineNamed(item, "UID")?.value.trim() ?? ""));
  return masters.length <= 1 && uids.size === 1 ? "yes" : "no";
}
