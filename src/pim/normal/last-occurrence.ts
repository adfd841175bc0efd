import { intervalOf, listOf, WEEKDAYS, type RuleParts } from "./rule-parts.ts";

const DAY_MS = 86_400_000;
/** How far a rule is followed: 60 years; a series that ends later keeps its COUNT or UNTIL as it is written. */
const MAX_DAYS = 60 * 366;

/** Parts that the day-by-day walk below understands; a rule with any other is not followed. */
const FOLLOWED = new Set("FREQ INTERVAL COUNT UNTIL WKST BYDAY BYMONTHDAY BYMONTH".split(" "));

interface Day {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly dayOfMonth: number;
  readonly daysInMonth: number;
  /** 0 is Sunday */
  readonly weekday: number;
  /** Days since 1970. */
  readonly index: number;
}

const dayAt = (index: number): Day => {
  const date = new Date(index * DAY_MS);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + 1;
  return {
    year,
    month,
    dayOfMonth: date.getUTCDate(),
    daysInMonth: new Date(Date.UTC(year, month, 0)).getUTCDate(),
    weekday: date.getUTCDay(),
    index,
  };
};

type Test = (day: Day) => boolean;

/** `MO`, `2TU` (second of the month), `-1FR` (last of the month). */
const byDay = (values: readonly string[]): Test => {
  const wanted = new Set(values.map((value) => value.replace(/^\+/, "")));
  return (day) => {
    const name = WEEKDAYS[day.weekday] ?? "";
    const fromStart = Math.ceil(day.dayOfMonth / 7);
    const fromEnd = Math.ceil((day.daysInMonth - day.dayOfMonth + 1) / 7);
    return (
      wanted.has(name) ||
      wanted.has(`${String(fromStart)}${name}`) ||
      wanted.has(`-${String(fromEnd)}${name}`)
    );
  };
};

const byMonthDay = (values: readonly string[]): Test => {
  const wanted = new Set(values.map(Number));
  return (day) => wanted.has(day.dayOfMonth) || wanted.has(day.dayOfMonth - day.daysInMonth - 1);
};

const monthIndex = (day: Day): number => day.year * 12 + day.month;
const weekIndex = (day: Day, weekStart: number): number =>
  // 1970-01-01 was a Thursday, weekday 4.
  Math.floor((day.index + 4 - weekStart) / 7);

/** Which days lie in a period that the interval counts. */
const periodTest = (parts: RuleParts, start: Day): Test | undefined => {
  const interval = intervalOf(parts);
  const weekStart = Math.max(0, WEEKDAYS.indexOf((parts.get("WKST") ?? "MO") as "MO"));
  switch (parts.get("FREQ")) {
    case "DAILY":
      return (day) => (day.index - start.index) % interval === 0;
    case "WEEKLY":
      return (day) => (weekIndex(day, weekStart) - weekIndex(start, weekStart)) % interval === 0;
    case "MONTHLY":
      return (day) => (monthIndex(day) - monthIndex(start)) % interval === 0;
    case "YEARLY":
      return (day) => (day.year - start.year) % interval === 0;
    case undefined:
    default:
      return undefined;
  }
};

/** The days of a period that the BY parts, or DTSTART in their place, pick. */
const dayTests = (parts: RuleParts, start: Day): readonly Test[] => {
  const frequency = parts.get("FREQ");
  const days = listOf(parts, "BYDAY");
  const monthDays = listOf(parts, "BYMONTHDAY");
  const months = listOf(parts, "BYMONTH").map(Number);
  const tests: Test[] = [];
  if (days.length > 0) tests.push(byDay(days));
  if (monthDays.length > 0) tests.push(byMonthDay(monthDays));
  if (months.length > 0) tests.push((day) => months.includes(day.month));
  if (days.length > 0 || monthDays.length > 0) return tests;
  if (frequency === "WEEKLY") return [...tests, (day) => day.weekday === start.weekday];
  if (frequency === "DAILY") return tests;
  const ofMonth: Test = (day) => day.dayOfMonth === start.dayOfMonth;
  if (frequency === "MONTHLY" || months.length > 0) return [...tests, ofMonth];
  return [(day) => day.month === start.month, ofMonth];
};

/** Days of the year's weeks and ordinals over a whole year need more than a look at the month. */
const isFollowed = (parts: RuleParts): boolean =>
  [...parts.keys()].every((name) => FOLLOWED.has(name)) &&
  !(
    parts.get("FREQ") === "YEARLY" &&
    !parts.has("BYMONTH") &&
    listOf(parts, "BYDAY").some((day) => /\d/.test(day))
  );

/** The day (midnight as milliseconds) of the last occurrence of a finite rule, so that COUNT and UNTIL can be compared.
 * Days that a month lacks are skipped, never clamped. Bounded: at most 60 years of days are looked at.
 * @param startMs DTSTART's wall time      @param untilMs UNTIL as wall time in DTSTART's zone, if the rule has one
 * @returns undefined if the rule has no end, ends later than that or is of a kind that is not followed */
export function lastOccurrence(
  parts: RuleParts,
  startMs: number,
  untilMs: number | undefined,
): number | undefined {
  const count = parts.has("COUNT") ? Number(parts.get("COUNT")) : Number.POSITIVE_INFINITY;
  const start = dayAt(Math.floor(startMs / DAY_MS));
  const period = periodTest(parts, start);
  if (period === undefined || !isFollowed(parts) || !(count >= 1)) return undefined;
  if (count === Number.POSITIVE_INFINITY && untilMs === undefined) return undefined;
  const tests = [period, ...dayTests(parts, start)];
  const timeOfDay = startMs - start.index * DAY_MS;
  let last: number | undefined;
  let seen = 0;
  for (let index = start.index; index < start.index + MAX_DAYS; index += 1) {
    if (untilMs !== undefined && index * DAY_MS + timeOfDay > untilMs) return last;
    const day = dayAt(index);
    if (!tests.every((test) => test(day))) continue;
    last = index * DAY_MS;
    seen += 1;
    if (seen >= count) return last;
  }
  return undefined;
}
