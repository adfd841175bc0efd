import { isUtf8 } from "node:buffer";
import iconv from "iconv-lite";

/** Names that phones use and iconv does not know. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["ansi", "windows-1252"],
  ["unicode", "utf-8"],
  ["utf8", "utf-8"],
]);

/** C0 controls but TAB, LF and CR, and DEL: no SyncML message in XML can carry them. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g;
const ASCII_PRINTABLE = /^[\t\n\r -~]*$/;

/** Decodes bytes (one char per byte): by the declared charset if it is known, else as UTF-8 if that is valid, else as
 * windows-1252. Control characters that XML forbids are dropped. Never throws. */
export function decodeText(byteString: string, declared: string | undefined): string {
  if (ASCII_PRINTABLE.test(byteString) && !isStateful(declared)) return byteString;
  const bytes = Buffer.from(byteString, "latin1");
  return decodeBytes(bytes, declared).replace(FORBIDDEN, "");
}

const isStateful = (declared: string | undefined): boolean =>
  declared !== undefined && /^(utf-?(7|16|32)|iso-2022|hz|ucs)/i.test(declared);

const decodeBytes = (bytes: Buffer, declared: string | undefined): string => {
  const label = declared?.trim().toLowerCase();
  const charset = label === undefined ? undefined : (ALIASES.get(label) ?? label);
  if (charset !== undefined && charset !== "utf-8" && iconv.encodingExists(charset)) {
    return iconv.decode(bytes, charset);
  }
  return isUtf8(bytes) ? bytes.toString("utf8") : iconv.decode(bytes, "windows-1252");
};
