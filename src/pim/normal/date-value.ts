import { paramValue, type ContentLine } from "../content-line/content-line.ts";
import { zoneName } from "./zone-name.ts";

/** A date or date-time as it is written: wall time in milliseconds as if it were UTC, the zone's name ("" floating, "Z"
 * UTC), and whether it is a date only. */
export interface WallTime {
  readonly wallMs: number;
  readonly zone: string;
  readonly dateOnly: boolean;
}

const DATE_TIME = /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})?(?:\.\d+)?(Z)?)?$/i;

/** Reads one iCalendar date or date-time. @returns undefined for anything else */
export function parseWallTime(value: string, tzid: string | undefined): WallTime | undefined {
  const found = DATE_TIME.exec(value.trim());
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, utc] = found;
  const wallMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
  );
  const dateOnly = hour === undefined;
  if (dateOnly) return { wallMs, zone: "", dateOnly };
  return { wallMs, zone: utc === undefined ? zoneName(tzid) : "Z", dateOnly };
}

/** `2024-03-25`, `2024-03-25T09:00:00Z`, `2024-03-25T09:00:00 Europe/Berlin`. */
export function formatWallTime(time: WallTime): string {
  const iso = new Date(time.wallMs).toISOString();
  if (time.dateOnly) return iso.slice(0, 10);
  const zone = time.zone === "Z" || time.zone === "" ? time.zone : ` ${time.zone}`;
  return `${iso.slice(0, 19)}${zone}`;
}

/** A line's dates in normal form, split at commas; a value that is no date stays as it is. VALUE=DATE cuts the time off. */
export const dateValues = (line: ContentLine): readonly string[] =>
  line.value.split(",").map((value) => {
    const time = parseWallTime(value, paramValue(line, "TZID"));
    if (time === undefined) return value.trim();
    const asDate = /^date$/i.test(paramValue(line, "VALUE") ?? "");
    return formatWallTime(asDate ? { ...time, dateOnly: true, zone: "" } : time);
  });
