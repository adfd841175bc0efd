/** A recurrence rule's parts by name, upper case, blanks gone; a part without "=" has the value "". */
export type RuleParts = ReadonlyMap<string, string>;

export const parseRule = (value: string): RuleParts =>
  new Map(
    value
      .toUpperCase()
      .split(";")
      .map((part) => part.replace(/\s+/g, ""))
      .filter((part) => part !== "")
      .map((part) => {
        const equals = part.indexOf("=");
        return equals === -1 ? [part, ""] : [part.slice(0, equals), part.slice(equals + 1)];
      }),
  );

export const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"] as const;

/** The list of a part; [] if the rule has none. */
export const listOf = (parts: RuleParts, name: string): readonly string[] =>
  (parts.get(name) ?? "").split(",").filter((value) => value !== "");

/** INTERVAL, 1 where there is none or none that makes sense. */
export const intervalOf = (parts: RuleParts): number => {
  const interval = Number(parts.get("INTERVAL") ?? 1);
  return Number.isInteger(interval) && interval > 0 ? interval : 1;
};
