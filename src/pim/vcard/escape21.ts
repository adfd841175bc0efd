/** vCard 2.1 knows only `\;`, in structured values. Writers also send `\,`, `\n` and `\\` (libsynthesis doubles every
 * backslash), and phones send Windows paths whose backslashes are literal, so: a value that begins like `C:\Path` has
 * literal backslashes but before ";" and ","; every other value is unescaped as in 3.0, and a backslash before
 * anything else stays. */
const PATH = /^[A-Za-z]:\\[^\\;,]/;

export const unescape21 = (value: string): string => {
  if (!value.includes("\\")) return value;
  if (PATH.test(value)) return value.replace(/\\([;,])/g, "$1");
  return value.replace(/\\([\\,;nN])/g, (_, char: string) =>
    char === "n" || char === "N" ? "\n" : char,
  );
};

/** Text as a vCard 2.1 value that `unescape21` reads back.
 * @param separator also escaped: ";" inside a structured value, "," inside a list */
export function escape21(text: string, separator?: ";" | ","): string {
  const doubled = text.replaceAll("\\", "\\\\");
  return separator === undefined ? doubled : doubled.replaceAll(separator, `\\${separator}`);
}
