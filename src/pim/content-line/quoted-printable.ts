const HEX_PAIR = /=([0-9A-Fa-f]{2})/g;
/** What may stand for itself. Not "=", and not ";" and "\", which some readers split and unescape after decoding. */
const isLiteral = (byte: number): boolean => byte >= 0x20 && byte <= 0x7e && byte !== 0x3d;
const MAX_LINE = 76;

const hex = (byte: number): string => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;

/** Decodes quoted-printable whose soft line breaks are already gone; both strings have one char per byte.
 * "=" before anything but two hex digits stays as it is. */
export const decodeQuotedPrintable = (text: string): string =>
  text.replace(HEX_PAIR, (_, pair: string) => String.fromCharCode(Number.parseInt(pair, 16)));

const unitsOf = (text: string): readonly string[] => {
  const bytes = Buffer.from(text.replace(/\r\n?|\n/g, "\r\n"), "utf8");
  return Array.from(bytes, (byte, index) =>
    isLiteral(byte) && !(byte === 0x20 && index === bytes.length - 1)
      ? String.fromCharCode(byte)
      : hex(byte),
  );
};

/** Encodes text as UTF-8 in quoted-printable with soft breaks.
 * @param column chars that already stand in the first line      @returns lines of at most 76 chars, joined by CRLF */
export function encodeQuotedPrintable(text: string, column: number): string {
  const parts: string[] = [];
  let used = column;
  for (const unit of unitsOf(text)) {
    if (used + unit.length > MAX_LINE - 1) {
      parts.push("=\r\n");
      used = 0;
    }
    parts.push(unit);
    used += unit.length;
  }
  return parts.join("");
}
