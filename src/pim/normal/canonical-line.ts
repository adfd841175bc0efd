/** A line reduced to what a user sees: name, parameters that matter (sorted `NAME=value`), values. */
export interface CanonicalLine {
  readonly name: string;
  readonly params: readonly string[];
  readonly values: readonly string[];
}

/** Text for comparison: NFC, LF line ends, no blanks at the ends of lines and none around the whole (Outlook and Windows
 * Mobile append a line break). Line by line, because a pattern for blanks before a line end takes quadratic time. */
export const comparableText = (text: string): string =>
  text
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim()
    .normalize("NFC");

/** One unambiguous string per line. */
export const lineKey = (line: CanonicalLine): string =>
  JSON.stringify([line.name, line.params, line.values]);

/** Sorted by UTF-16 code units, which no locale changes. */
export const sorted = (values: readonly string[]): readonly string[] =>
  [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** Sorted, each once, without empty ones. */
export const asSet = (values: readonly string[]): readonly string[] =>
  sorted([...new Set(values.filter((value) => value !== ""))]);
