const formatters = new Map<string, Intl.DateTimeFormat | undefined>();
const MAX_FORMATTERS = 100;

const formatterOf = (zone: string): Intl.DateTimeFormat | undefined => {
  if (formatters.has(zone)) return formatters.get(zone);
  if (formatters.size >= MAX_FORMATTERS) formatters.clear();
  const formatter = createFormatter(zone);
  formatters.set(zone, formatter);
  return formatter;
};

const createFormatter = (zone: string): Intl.DateTimeFormat | undefined => {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
  } catch {
    return undefined; // not an IANA name
  }
};

/** Wall time in an IANA zone of a moment in UTC, both in milliseconds; the moment itself where the zone is unknown. */
export function toWallMs(utcMs: number, zone: string): number {
  const parts = zone === "" || zone === "Z" ? undefined : formatterOf(zone)?.formatToParts(utcMs);
  const name = parts?.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const found = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (found === null) return utcMs;
  const offsetMs = (Number(found[2]) * 60 + Number(found[3])) * 60_000;
  return found[1] === "-" ? utcMs - offsetMs : utcMs + offsetMs;
}
