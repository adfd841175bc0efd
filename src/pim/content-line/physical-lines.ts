import iconv from "iconv-lite";

const NUL = 0;

const utf16Label = (bytes: Buffer): string | undefined => {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === NUL && second !== NUL) return "utf-16be";
  return second === NUL && first !== NUL ? "utf-16le" : undefined;
};

/** Content as a string of one char per byte (Latin-1), so that folds can be undone before charsets are known.
 * UTF-16 is turned into UTF-8 first; a byte order mark is taken off. Empty content gives "". */
export function toByteString(content: Uint8Array): string {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const utf16 = bytes.length >= 2 ? utf16Label(bytes) : undefined;
  const latin1 =
    utf16 === undefined
      ? bytes.toString("latin1")
      : Buffer.from(iconv.decode(bytes, utf16)).toString("latin1");
  return latin1.startsWith("\xef\xbb\xbf") ? latin1.slice(3) : latin1;
}

const withoutTrailingCrs = (line: string): string => {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === 0x0d) end -= 1;
  return line.slice(0, end);
};

/** Splits at LF, CRLF, lone CR, and CR CR LF, which some phones' file writers make and which is one line end. */
export function physicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  for (const piece of text.split("\n")) {
    const line = withoutTrailingCrs(piece);
    if (line.includes("\r")) for (const part of line.split("\r")) lines.push(part);
    else lines.push(line);
  }
  return lines;
}
