import { lineNamed, type Component } from "../content-line/component.ts";
import { paramValue, type ContentLine } from "../content-line/content-line.ts";
import { splitEscaped, unescapeText } from "../content-line/escape.ts";
import { asSet, comparableText, lineKey, sorted } from "./canonical-line.ts";
import { dateValues, formatWallTime, parseWallTime, type WallTime } from "./date-value.ts";
import { durationSeconds, endAfter } from "./duration-value.ts";
import { normalRule } from "./rule-value.ts";
import { isVolatile, isVolatileParam } from "./volatile.ts";

const DAY_MS = 86_400_000;

/** Values that mean the same as no line at all (RFC 5545 3.8). */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ["CLASS", "PUBLIC"],
  ["TRANSP", "OPAQUE"],
  ["PRIORITY", "0"],
  ["PERCENT-COMPLETE", "0"],
]);

/** Parameters of ATTENDEE and ORGANIZER that mean the same as no parameter. */
const DEFAULT_PARAMS = new Set([
  "ROLE=REQ-PARTICIPANT",
  "PARTSTAT=NEEDS-ACTION",
  "RSVP=FALSE",
  "CUTYPE=INDIVIDUAL",
  "RELATED=START",
]);

/** Lists that may be spread over several lines of one name. */
const SETS = new Set(["CATEGORIES", "RESOURCES"]);
const DATE_SETS = new Set(["EXDATE", "RDATE"]);
const DATES = new Set(["DTSTART", "RECURRENCE-ID", "COMPLETED"]);
const ENUMS = new Set(["CLASS", "TRANSP", "STATUS", "ACTION", "PRIORITY", "PERCENT-COMPLETE"]);
const ENDS = new Set(["DTEND", "DUE", "DURATION"]);

const text = (raw: string): string => comparableText(unescapeText(raw));

/** The parameters of a line of iCalendar that say something, without defaults. */
export const calendarParams = (line: ContentLine): readonly string[] =>
  sorted(
    line.params
      .filter(({ name }) => !isVolatileParam(name))
      .map(({ name, value }) => `${name}=${(value ?? "").replaceAll('"', "")}`)
      .filter((param) => !DEFAULT_PARAMS.has(param.toUpperCase())),
  );

const timeOf = (line: ContentLine | undefined): WallTime | undefined => {
  if (line === undefined) return undefined;
  const time = parseWallTime(line.value, paramValue(line, "TZID"));
  const asDate = /^date$/i.test(paramValue(line, "VALUE") ?? "");
  return time !== undefined && asDate ? { ...time, zone: "", dateOnly: true } : time;
};

/** DTEND or DUE, or DTSTART + DURATION, as one `END`; none where it is what RFC 5545 3.6.1 assumes anyway. */
const endKey = (item: Component): readonly string[] => {
  const start = timeOf(lineNamed(item, "DTSTART"));
  const line = lineNamed(item, "DTEND") ?? lineNamed(item, "DUE");
  const duration = durationSeconds(lineNamed(item, "DURATION")?.value ?? "");
  const raw = line ?? lineNamed(item, "DURATION");
  if (raw === undefined || raw.value.trim() === "") return [];
  const end =
    line === undefined && start !== undefined && duration !== undefined
      ? endAfter(start, duration)
      : timeOf(line);
  if (end === undefined) return [lineKey({ name: "END", params: [], values: [raw.value] })];
  return isAssumedEnd(item, start, end)
    ? []
    : [lineKey({ name: "END", params: [], values: [formatWallTime(end)] })];
};

const isAssumedEnd = (item: Component, start: WallTime | undefined, end: WallTime): boolean => {
  if (item.name !== "VEVENT" || start?.dateOnly !== end.dateOnly) return false;
  return end.wallMs - start.wallMs === (start.dateOnly ? DAY_MS : 0);
};

const setKeys = (item: Component): readonly string[] =>
  [...SETS, ...DATE_SETS].flatMap((name) => {
    const values = item.lines
      .filter((line) => line.name === name)
      .flatMap((line) =>
        DATE_SETS.has(name) ? dateValues(line) : splitEscaped(line.value, ",").map(text),
      );
    const set = asSet(values);
    return set.length === 0 ? [] : [lineKey({ name, params: [], values: set })];
  });

const ADDRESSES = new Set(["ATTENDEE", "ORGANIZER"]);

const valueOf = (line: ContentLine, start: WallTime | undefined, isFollowed: boolean): string => {
  if (DATES.has(line.name)) return dateValues(line).join(",");
  if (line.name === "RRULE" || line.name === "EXRULE")
    return normalRule(line.value, start, isFollowed);
  if (ENUMS.has(line.name)) return line.value.trim().toUpperCase();
  if (ADDRESSES.has(line.name)) return line.value.trim().replace(/^mailto:/i, "mailto:");
  return text(line.value);
};

const plainKeys = (item: Component, isFollowed: boolean): readonly string[] => {
  const start = timeOf(lineNamed(item, "DTSTART"));
  return item.lines.flatMap((line) => {
    const { name } = line;
    if (isVolatile(name) || SETS.has(name) || DATE_SETS.has(name) || ENDS.has(name)) return [];
    const value = valueOf(line, start, isFollowed);
    if (value === "" || DEFAULTS.get(name) === value) return [];
    return [lineKey({ name, params: calendarParams(line), values: [value] })];
  });
};

/** An alarm: when it rings and what it does. A relative trigger counts in seconds. */
const alarmKey = (alarm: Component): string => {
  const trigger = lineNamed(alarm, "TRIGGER");
  const seconds = durationSeconds(trigger?.value ?? "");
  const when =
    seconds === undefined ? (trigger === undefined ? [] : dateValues(trigger)) : [String(seconds)];
  const related = trigger === undefined ? [] : calendarParams(trigger);
  const rest = alarm.lines.filter(({ name }) => name !== "TRIGGER");
  const others = plainKeys({ ...alarm, lines: rest }, false);
  return lineKey({ name: "VALARM", params: related, values: [...when, ...sorted(others)] });
};

const itemKeys = (component: Component, isFollowed: boolean): readonly string[] =>
  sorted([
    ...plainKeys(component, isFollowed),
    ...endKey(component),
    ...setKeys(component),
    ...component.components.map((inner) =>
      inner.name === "VALARM" ? alarmKey(inner) : nestedKey(inner, isFollowed),
    ),
  ]);

const nestedKey = (component: Component, isFollowed: boolean): string =>
  lineKey({ name: `BEGIN:${component.name}`, params: [], values: itemKeys(component, isFollowed) });

/** More rules than any person makes; following each of thousands would cost seconds. */
const MAX_FOLLOWED = 20;

const rulesIn = (component: Component): number =>
  component.lines.filter(({ name }) => name === "RRULE" || name === "EXRULE").length +
  component.components.reduce((sum, inner) => sum + rulesIn(inner), 0);

/** What a user sees of a VCALENDAR, normalised and in no order. VTIMEZONEs are left out: a zone counts by its name and
 * the wall time. */
export function normalCalendar(calendar: Component): readonly string[] {
  const shown = {
    ...calendar,
    components: calendar.components.filter(({ name }) => name !== "VTIMEZONE"),
  };
  return itemKeys(shown, rulesIn(shown) <= MAX_FOLLOWED);
}
