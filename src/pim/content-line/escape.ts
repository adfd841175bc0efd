/** Splits a raw value at a separator that no backslash stands before; the parts keep their escapes. */
export function splitEscaped(value: string, separator: "," | ";"): readonly string[] {
  if (!value.includes("\\")) return value.split(separator);
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at += 1) {
    if (value[at] === "\\") at += 1;
    else if (value[at] === separator) {
      parts.push(value.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}

/** Text of a vCard 3.0 or iCalendar value. `\:` is of old writers (RFC 2425 drafts). An unknown escape stays as it is. */
export function unescapeText(value: string): string {
  if (!value.includes("\\")) return value;
  return value.replace(/\\([\\,;:nN])/g, (_, char: string) =>
    char === "n" || char === "N" ? "\n" : char,
  );
}

/** Text as a vCard 3.0 or iCalendar value (RFC 2426 section 4, RFC 5545 section 3.3.11). */
export const escapeText = (text: string): string =>
  text.replace(/[\\,;]/g, "\\$&").replace(/\r\n?|\n/g, "\\n");
