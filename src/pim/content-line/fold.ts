/** RFC 2425 5.8.1, RFC 5545 3.1: lines SHOULD NOT be longer than 75 octets. */
const MAX_OCTETS = 75;
const ASCII = /^[\t -~]*$/;

const octetsOf = (codePoint: number): number => {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
};

const foldAscii = (line: string): string => {
  const parts = [line.slice(0, MAX_OCTETS)];
  for (let at = MAX_OCTETS; at < line.length; at += MAX_OCTETS - 1) {
    parts.push(line.slice(at, at + MAX_OCTETS - 1));
  }
  return parts.join("\r\n ");
};

const foldUnicode = (line: string): string => {
  const parts: string[] = [];
  let start = 0;
  let octets = 0;
  let at = 0;
  while (at < line.length) {
    const codePoint = line.codePointAt(at) ?? 0;
    const size = octetsOf(codePoint);
    if (octets + size > MAX_OCTETS) {
      parts.push(line.slice(start, at));
      start = at;
      octets = 1;
    }
    octets += size;
    at += codePoint > 0xffff ? 2 : 1;
  }
  parts.push(line.slice(start));
  return parts.join("\r\n ");
};

/** Folds one line at 75 octets of UTF-8, never inside a character. */
export function foldLine(line: string): string {
  if (line.length * 3 <= MAX_OCTETS) return line;
  if (ASCII.test(line)) return line.length <= MAX_OCTETS ? line : foldAscii(line);
  return foldUnicode(line);
}

/** Lines as canonical text: folded, CRLF after each. No lines give "". */
export const foldLines = (lines: readonly string[]): string =>
  lines.map((line) => `${foldLine(line)}\r\n`).join("");
