import { sorted } from "./canonical-line.ts";
import { formatWallTime, parseWallTime, type WallTime } from "./date-value.ts";

const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/** Parts that a rule has when it does not name them: what follows from DTSTART, and RFC 5545's defaults. */
const impliedParts = (frequency: string, start: WallTime | undefined): readonly string[] => {
  const implied = ["INTERVAL=1", "WKST=MO"];
  if (start === undefined) return implied;
  const date = new Date(start.wallMs);
  const day = `BYMONTHDAY=${String(date.getUTCDate())}`;
  const month = `BYMONTH=${String(date.getUTCMonth() + 1)}`;
  const weekday = `BYDAY=${WEEKDAYS[date.getUTCDay()] ?? ""}`;
  if (frequency === "WEEKLY") return [...implied, weekday];
  if (frequency === "MONTHLY") return [...implied, day];
  return frequency === "YEARLY" ? [...implied, day, month] : implied;
};

const normalPart = (part: string): string => {
  const [name = "", value = ""] = part.split("=");
  if (name === "UNTIL") {
    const until = parseWallTime(value, undefined);
    return `UNTIL=${until === undefined ? value : formatWallTime(until)}`;
  }
  return `${name}=${sorted(value.split(",")).join(",")}`;
};

/** A recurrence rule in normal form: upper case, parts and lists sorted, without what DTSTART or a default implies. */
export function normalRule(value: string, start: WallTime | undefined): string {
  const parts = value
    .toUpperCase()
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(normalPart);
  const frequency = parts.find((part) => part.startsWith("FREQ="))?.slice(5) ?? "";
  const implied = impliedParts(frequency, start);
  return sorted(parts.filter((part) => !implied.includes(part))).join(";");
}
