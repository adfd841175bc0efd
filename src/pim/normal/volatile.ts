/** Properties that say something about the copy, not about the person or event: they change without an edit. */
const VOLATILE = new Set([
  "REV",
  "LAST-MODIFIED",
  "DTSTAMP",
  "PRODID",
  "CREATED",
  "SEQUENCE",
  "METHOD",
  "VERSION",
  "UID",
  "CALSCALE",
  "X-IRMC-LUID",
  "X-FUNAMBOL-INSTANCEID",
  "X-MOZ-GENERATION",
  "X-MOZ-LASTACK",
  "X-WR-CALNAME",
  "X-WR-TIMEZONE",
  "X-RADICALE-NAME",
]);
const VOLATILE_PREFIXES = ["X-LIC-", "X-SYNCEVOLUTION-"];

export const isVolatile = (name: string): boolean =>
  VOLATILE.has(name) || VOLATILE_PREFIXES.some((prefix) => name.startsWith(prefix));

/** Parameters that only say how a value is written or where a program shows it. */
const VOLATILE_PARAMS = new Set([
  "CHARSET",
  "ENCODING",
  "VALUE",
  "TZID",
  "X-EVOLUTION-UI-SLOT",
  "X-EVOLUTION-E164",
  "X-LIC-ERROR",
]);

export const isVolatileParam = (name: string): boolean =>
  VOLATILE_PARAMS.has(name) || name.startsWith("X-SYNCEVOLUTION-");
