import { lineNamed, parseComponents, type Component } from "../content-line/component.ts";
import { formatLine, paramValue } from "../content-line/content-line.ts";
import { verbatimLine } from "../content-line/decode-line.ts";
import { logicalLines } from "../content-line/logical-lines.ts";
import { itemComponents } from "./one-item.ts";

/** Components that belong together: a master and the exceptions of its UID. Those without a UID, and a second master
 * of one UID, stand alone. */
function groups(components: readonly Component[]): readonly (readonly Component[])[] {
  const alone: Component[][] = [];
  const byUid = new Map<string, Component[]>();
  const masters = new Set<string>();
  for (const component of components) {
    const uid = lineNamed(component, "UID")?.value.trim() ?? "";
    const isMaster = lineNamed(component, "RECURRENCE-ID") === undefined;
    const group = byUid.get(uid);
    if (uid === "" || (isMaster && masters.has(uid))) alone.push([component]);
    else if (group === undefined) byUid.set(uid, [component]);
    else group.push(component);
    if (isMaster) masters.add(uid);
  }
  return [...byUid.values(), ...alone];
}

const zonesOf = (component: Component): readonly string[] => [
  ...component.lines.flatMap((line) => paramValue(line, "TZID") ?? []),
  ...component.components.flatMap(zonesOf),
];

/** One VCALENDAR for each group, with the calendar's own properties and the VTIMEZONEs that the group names. */
function calendars(
  root: Component,
  lines: readonly string[],
  kind: "event" | "task",
): readonly string[] {
  const zones = root.components.filter(({ name }) => name === "VTIMEZONE");
  const own = root.lines.map(formatLine);
  const textOf = (component: Component): readonly string[] =>
    lines.slice(component.first, component.last + 1);
  return groups(itemComponents(root, kind)).map((group) => {
    const named = new Set(group.flatMap(zonesOf));
    const needed = zones.filter((zone) => named.has(lineNamed(zone, "TZID")?.value.trim() ?? ""));
    const body = [...own, ...needed.flatMap(textOf), ...group.flatMap(textOf)];
    return ["BEGIN:VCALENDAR", ...body, "END:VCALENDAR", ""].join("\r\n");
  });
}

/** The events (or tasks) of an .ics file, each as a VCALENDAR of its own, one char per byte of UTF-8. A calendar that is cut
 * off gives the items that are complete. */
export function splitCalendar(byteString: string, kind: "event" | "task"): readonly string[] {
  const lines = logicalLines(byteString, "icalendar").map(verbatimLine);
  const whole = parseComponents(lines);
  const found = whole.broken ? parseComponents(withoutBroken(lines)) : whole;
  const used = whole.broken ? withoutBroken(lines) : lines;
  return found.roots
    .filter(({ name }) => name === "VCALENDAR")
    .flatMap((root) => calendars(root, used, kind))
    .map((text) => Buffer.from(text, "utf8").toString("latin1"));
}

/** The complete items of a file whose nesting is broken, inside one calendar with its VTIMEZONEs. */
const withoutBroken = (lines: readonly string[]): readonly string[] => {
  const kept = lines.filter((line) => /^(?:VERSION|PRODID|CALSCALE|METHOD)[:;]/i.test(line));
  const blocks: string[] = [];
  let block: string[] | undefined;
  for (const line of lines) {
    if (/^BEGIN:(?:VEVENT|VTODO|VTIMEZONE)\s*$/i.test(line)) block = [];
    block?.push(line);
    if (block !== undefined && /^END:(?:VEVENT|VTODO|VTIMEZONE)\s*$/i.test(line)) {
      for (const own of block) blocks.push(own);
      block = undefined;
    }
  }
  return ["BEGIN:VCALENDAR", ...kept.slice(0, 4), ...blocks, "END:VCALENDAR"];
};
