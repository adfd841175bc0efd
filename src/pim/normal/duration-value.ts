import type { WallTime } from "./date-value.ts";

const DURATION =
  /^([+-])?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$/i;
const SECONDS = [7 * 86_400, 86_400, 3_600, 60, 1] as const;

/** Seconds of an iCalendar duration (RFC 5545 3.3.6), negative with a minus sign. @returns undefined for anything else */
export function durationSeconds(value: string): number | undefined {
  const found = DURATION.exec(value.trim());
  if (found === null) return undefined;
  const total = SECONDS.reduce((sum, unit, index) => sum + unit * Number(found[index + 2] ?? 0), 0);
  return found[1] === "-" ? 0 - total : total;
}

const DAY_MS = 86_400_000;

/** The end of something that starts then and lasts so long, in wall time; a date stays a date. */
export function endAfter(start: WallTime, seconds: number): WallTime {
  const wallMs = start.wallMs + seconds * 1000;
  return { ...start, wallMs: start.dateOnly ? Math.floor(wallMs / DAY_MS) * DAY_MS : wallMs };
}
