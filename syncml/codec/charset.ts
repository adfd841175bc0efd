import { SyncmlError } from "../errors.ts";
import { malformed } from "./malformed.ts";

/** Charsets that are read; each name as a peer may write it, in lower case. */
const CHARSETS: Readonly<Record<string, string>> = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  "us-ascii": "utf-8",
  ascii: "utf-8",
  "iso-8859-1": "windows-1252",
  latin1: "windows-1252",
  "windows-1252": "windows-1252",
  "utf-16": "utf-16le",
  "utf-16le": "utf-16le",
  "utf-16be": "utf-16be",
};

const BYTE_ORDER_MARKS: readonly { readonly bytes: readonly number[]; readonly charset: string }[] =
  [
    { bytes: [0xef, 0xbb, 0xbf], charset: "utf-8" },
    { bytes: [0xff, 0xfe], charset: "utf-16le" },
    { bytes: [0xfe, 0xff], charset: "utf-16be" },
  ];

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @returns undefined where the bytes are not UTF-8; a byte order mark is kept */
export const utf8OrUndefined = (bytes: Uint8Array): string | undefined => {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
};

/** @throws SyncmlError SYNCML_MEDIA_TYPE for a charset that is not read, SYNCML_MALFORMED for bytes that are not of it */
export const decodeStrictly = (bytes: Uint8Array, charset: string): string => {
  const label = Object.hasOwn(CHARSETS, charset) ? CHARSETS[charset] : undefined;
  if (label === undefined) throw new SyncmlError("SYNCML_MEDIA_TYPE", "unknown charset");
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw malformed(`bytes that are not ${charset}`, cause);
  }
};

/** The charset that the first bytes give away, and the length of the mark that does. */
export const charsetByMark = (
  bytes: Uint8Array,
): { readonly charset: string; readonly length: number } | undefined => {
  const found = BYTE_ORDER_MARKS.find((mark) => mark.bytes.every((byte, i) => bytes[i] === byte));
  return found && { charset: found.charset, length: found.bytes.length };
};
