import {
  formatLine,
  parseLine,
  paramValue,
  type ContentLine,
} from "../content-line/content-line.ts";
import { parseWallTime, type WallTime } from "../normal/date-value.ts";
import { durationSeconds, endAfter } from "../normal/duration-value.ts";

const DAY_SECONDS = 86_400;

/** A wall time in the basic form that DTSTART has; "Z" only for UTC. */
const basicForm = (time: WallTime): string => {
  const digits = new Date(time.wallMs).toISOString().replaceAll(/[-:]|\.\d+Z/g, "");
  if (time.dateOnly) return digits.slice(0, 8);
  return time.zone === "Z" ? `${digits}Z` : digits;
};

const endLine = (start: ContentLine, durationS: number | undefined): ContentLine | undefined => {
  const time = parseWallTime(start.value, paramValue(start, "TZID"));
  if (time === undefined || (durationS === undefined && !time.dateOnly)) return undefined;
  const end = endAfter(time, durationS ?? DAY_SECONDS);
  return { ...start, name: "DTEND", value: basicForm(end) };
};

/** The lines of one VEVENT, from BEGIN to END, with a DTEND in place of DURATION or of an all-day event's assumed end. */
function withEnd(lines: readonly string[]): readonly string[] {
  let depth = 0;
  const own = lines.map((text) => {
    const line = parseLine(text);
    if (line?.name === "BEGIN") depth += 1;
    const isOwn = depth === 1;
    if (line?.name === "END") depth -= 1;
    return isOwn ? line : undefined;
  });
  const indexOf = (name: string): number => own.findIndex((line) => line?.name === name);
  const start = own[indexOf("DTSTART")];
  const duration = own[indexOf("DURATION")];
  if (start === undefined || indexOf("DTEND") !== -1) return lines;
  const seconds = duration === undefined ? undefined : durationSeconds(duration.value);
  if (duration !== undefined && (seconds === undefined || seconds < 0)) return lines;
  const end = endLine(start, seconds);
  if (end === undefined) return lines;
  return lines.flatMap((text, index) => {
    if (index === indexOf("DURATION")) return [];
    return index === indexOf("DTSTART") ? [text, formatLine(end)] : [text];
  });
}

/** Quirk(SyncEvolution 2.0, libsynthesis 3.4): it loses DURATION, and gives an all-day event without DTEND one in the
 * year 2106. Events therefore leave with DTEND, which says the same (RFC 5545 3.6.1); the stored text stays as it is.
 * An exact duration over a change of the clocks is counted in wall time. */
export function withExplicitEnds(lines: readonly string[]): readonly string[] {
  const done: string[] = [];
  let begin = -1;
  for (const [index, line] of lines.entries()) {
    if (begin === -1 && /^BEGIN:VEVENT\s*$/i.test(line)) begin = index;
    if (begin === -1) done.push(line);
    else if (/^END:VEVENT\s*$/i.test(line)) {
      for (const own of withEnd(lines.slice(begin, index + 1))) done.push(own);
      begin = -1;
    }
  }
  return begin === -1 ? done : lines;
}
