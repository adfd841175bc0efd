import { splitEscaped } from "../content-line/escape.ts";

/** vCard 2.1 only knows `\;`, in structured values. Writers also send `\,`, `\n` and `\\`, and phones send Windows paths
 * whose backslashes are literal, so: a value that looks like a path has literal backslashes but before ";" and ",";
 * every other value is unescaped as in 3.0, and a backslash before anything else stays. */
const PATH = /^(?:[A-Za-z]:\\|\\\\)[^\\;,]/;

export const unescape21 = (value: string): string => {
  if (!value.includes("\\")) return value;
  if (PATH.test(value)) return value.replace(/\\([;,])/g, "$1");
  return value.replace(/\\([\\,;nN])/g, (_, char: string) =>
    char === "n" || char === "N" ? "\n" : char,
  );
};

/** A backslash that `unescape21` would take for an escape, or that ends the value. */
const AMBIGUOUS = /\\(?:[\\,;nN]|$)/;

/** Text as a vCard 2.1 value that `unescape21` reads back: backslashes are doubled only where they must be.
 * @param separator also escaped: ";" inside a structured value, "," inside a list */
export function escape21(text: string, separator?: ";" | ","): string {
  const doubled = AMBIGUOUS.test(text) ? text.replaceAll("\\", "\\\\") : text;
  return separator === undefined ? doubled : doubled.replaceAll(separator, `\\${separator}`);
}

/** A Windows path ends in a backslash at times, and ";" may follow: split by the same rule as `unescape21`. */
export const split21 = (value: string, separator: ";" | ","): readonly string[] =>
  splitEscaped(value, separator);
