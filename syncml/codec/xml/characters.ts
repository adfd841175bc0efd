import { malformed, notEncodable } from "../malformed.ts";

/** Characters that XML 1.0 cannot carry in any form, lone surrogates among them. */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

const PREDEFINED: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  apos: "'",
  quot: '"',
};

const REFERENCE = /&(?:#x([0-9a-fA-F]{1,8})|#([0-9]{1,8})|(lt|gt|amp|apos|quot));|&/g;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  // A bare CR would come back as LF.
  "\r": "&#13;",
};

/** @throws SyncmlError SYNCML_MALFORMED for a character that XML cannot carry */
export const checkCharacters = (xml: string): void => {
  if (FORBIDDEN.test(xml)) throw malformed("a character that XML does not allow");
};

const decodeReference = (
  _match: string,
  hex: string | undefined,
  decimal: string | undefined,
  name: string | undefined,
): string => {
  if (name !== undefined) return PREDEFINED[name] ?? "";
  const code = hex === undefined ? Number(decimal ?? "0") : Number.parseInt(hex, 16);
  const character = code <= 0x10ffff ? String.fromCodePoint(code) : "\0";
  if (FORBIDDEN.test(character)) throw malformed("a bad character or entity reference");
  return character;
};

/**
 * Resolves character references and the five predefined entities, once and in one pass: no document can declare others.
 * @throws SyncmlError SYNCML_MALFORMED for any other use of `&`
 */
export const decodeReferences = (text: string): string =>
  text.includes("&") ? text.replace(REFERENCE, decodeReference) : text;

/** @throws SyncmlError SYNCML_MALFORMED, our fault, for a character that XML cannot carry */
export const escapeText = (text: string): string => {
  if (FORBIDDEN.test(text)) throw notEncodable("a character that XML cannot carry");
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
};
