import { sorted } from "./canonical-line.ts";
import { formatWallTime, parseWallTime, type WallTime } from "./date-value.ts";
import { lastOccurrence } from "./last-occurrence.ts";
import { intervalOf, listOf, parseRule, WEEKDAYS, type RuleParts } from "./rule-parts.ts";
import { toWallMs } from "./zone-offset.ts";

const DAY_MS = 86_400_000;

/** Parts that a rule has when it does not name them (RFC 5545 3.3.10): what follows from DTSTART, and defaults. */
const impliedParts = (parts: RuleParts, start: WallTime | undefined): readonly string[] => {
  const implied = ["INTERVAL=1", "WKST=MO"];
  if (start === undefined) return implied;
  const date = new Date(start.wallMs);
  const day = `BYMONTHDAY=${String(date.getUTCDate())}`;
  const month = `BYMONTH=${String(date.getUTCMonth() + 1)}`;
  const frequency = parts.get("FREQ");
  if (frequency === "WEEKLY") return [...implied, `BYDAY=${WEEKDAYS[date.getUTCDay()] ?? ""}`];
  if (["BYDAY", "BYYEARDAY", "BYWEEKNO"].some((name) => parts.has(name))) return implied;
  if (frequency === "MONTHLY") return [...implied, day];
  if (frequency !== "YEARLY") return implied;
  // Without BYMONTH, BYMONTHDAY means that day of every month.
  return parts.has("BYMONTHDAY") && !parts.has("BYMONTH") ? implied : [...implied, day, month];
};

/** A rule of every 12, 24… months as one of years, which libsynthesis writes the other way. */
const yearly = (parts: RuleParts, start: WallTime | undefined): RuleParts => {
  const months = intervalOf(parts);
  if (parts.get("FREQ") !== "MONTHLY" || months % 12 !== 0 || start === undefined) return parts;
  if (parts.has("BYMONTH")) return parts;
  const month = new Date(start.wallMs).getUTCMonth() + 1;
  const changed = { FREQ: "YEARLY", INTERVAL: String(months / 12), BYMONTH: String(month) };
  return new Map([...parts, ...Object.entries(changed)]);
};

/** UNTIL as wall time in DTSTART's zone; a date counts to its end. */
const untilMs = (parts: RuleParts, start: WallTime): number | undefined => {
  const until = parseWallTime(parts.get("UNTIL") ?? "", start.zone);
  if (until === undefined) return undefined;
  if (until.dateOnly) return until.wallMs + DAY_MS - 1;
  return until.zone === "Z" ? toWallMs(until.wallMs, start.zone) : until.wallMs;
};

/** The end of a series: the day of its last occurrence if that can be found, so that COUNT, UNTIL and their spellings
 * compare equal; else UNTIL and COUNT as they are. */
const endParts = (parts: RuleParts, start: WallTime | undefined): readonly string[] => {
  const last =
    start === undefined ? undefined : lastOccurrence(parts, start.wallMs, untilMs(parts, start));
  if (last !== undefined) return [`LAST=${new Date(last).toISOString().slice(0, 10)}`];
  const until = parseWallTime(parts.get("UNTIL") ?? "", start?.zone);
  const written = until === undefined ? (parts.get("UNTIL") ?? "") : formatWallTime(until);
  return [
    ...(parts.has("UNTIL") ? [`UNTIL=${written}`] : []),
    ...(parts.has("COUNT") ? [`COUNT=${parts.get("COUNT") ?? ""}`] : []),
  ];
};

/** A recurrence rule in normal form: upper case, parts and lists sorted, without what DTSTART or a default implies, and
 * with the day of the last occurrence in place of COUNT or UNTIL.
 * @param start DTSTART, if there is one      @param isFollowed false to leave COUNT and UNTIL as they are, which is cheap */
export function normalRule(
  value: string,
  start: WallTime | undefined,
  isFollowed: boolean,
): string {
  const parts = yearly(parseRule(value), start);
  const implied = impliedParts(parts, start);
  const named = [...parts.keys()]
    .filter((name) => name !== "UNTIL" && name !== "COUNT")
    .map((name) => `${name}=${sorted(listOf(parts, name)).join(",")}`)
    .filter((part) => !implied.includes(part));
  const end = endParts(parts, isFollowed ? start : undefined);
  return sorted([...named, ...end]).join(";");
}
