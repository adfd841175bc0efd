import { CODE_PAGES, GLOBAL, TAG_HAS_ATTRIBUTES, TAG_HAS_CONTENT } from "../../spec/wbxml.ts";
import type { DocumentKind, TokenPage } from "../../spec/wbxml.ts";
import { decodeStrictly } from "../charset.ts";
import type { Element } from "../element.ts";
import type { Budget } from "../limits.ts";
import { malformed } from "../malformed.ts";
import { checkCharacters } from "../xml/characters.ts";
import { skipAttributes } from "./attributes.ts";
import { Content } from "./content.ts";
import { Cursor } from "./cursor.ts";
import { readHeader } from "./header.ts";
import type { WbxmlHeader } from "./header.ts";

/** One document while it is read. The code page outlives the element in which it was switched. */
interface Reading {
  readonly cursor: Cursor;
  readonly header: WbxmlHeader;
  readonly budget: Budget;
  readonly kind: DocumentKind;
  page: TokenPage;
}

const switchPage = (reading: Reading): void => {
  const page = CODE_PAGES[reading.kind][reading.cursor.byte()];
  if (page === undefined) throw malformed("an unknown code page");
  reading.page = page.tokens;
};

/** The name of a tag token; a literal is tolerated, its name is in the string table. */
const nameOf = (reading: Reading, token: number): string => {
  const id = token & ~(TAG_HAS_ATTRIBUTES | TAG_HAS_CONTENT);
  if (id === GLOBAL.literal) {
    const name = reading.header.strings.at(reading.cursor.multiByteInt());
    reading.budget.spendDecoded(name.length);
    return decodeStrictly(name, reading.header.charset);
  }
  const name = reading.page[id];
  if (name === undefined) throw malformed(`unknown token ${token.toString(16)}`);
  return name;
};

const readEntity = (cursor: Cursor): string => {
  const code = cursor.multiByteInt();
  if (code > 0x10ffff) throw malformed("a character beyond Unicode");
  const character = String.fromCodePoint(code);
  checkCharacters(character);
  return character;
};

const readElement = (reading: Reading, token: number, depth: number): Element => {
  reading.budget.spendElement(depth);
  const name = nameOf(reading, token);
  if ((token & TAG_HAS_ATTRIBUTES) !== 0) skipAttributes(reading.cursor);
  const content = new Content(reading.header.charset, reading.budget);
  if ((token & TAG_HAS_CONTENT) !== 0) readContent(reading, content, depth);
  return content.toElement(name);
};

/** What each global token adds to the element that is open. */
const CONTENT_TOKENS: Readonly<Record<number, (reading: Reading, content: Content) => void>> = {
  [GLOBAL.switchPage]: switchPage,
  [GLOBAL.entity]: ({ cursor }, content) => {
    content.addText(readEntity(cursor));
  },
  [GLOBAL.strI]: ({ cursor }, content) => {
    content.addString(cursor.takeToZero());
  },
  [GLOBAL.strT]: ({ cursor, header }, content) => {
    content.addString(header.strings.at(cursor.multiByteInt()));
  },
  [GLOBAL.opaque]: ({ cursor }, content) => {
    content.addOpaque(cursor.take(cursor.multiByteInt()));
  },
  [GLOBAL.pi]: ({ cursor }) => {
    skipAttributes(cursor);
  },
};

const readContent = (reading: Reading, content: Content, depth: number): void => {
  for (;;) {
    const token = reading.cursor.byte();
    if (token === GLOBAL.end) return;
    const take = CONTENT_TOKENS[token];
    if (take !== undefined) take(reading, content);
    else content.children.push(readElement(reading, token, depth + 1));
  }
};

/** Before the root only a code page and processing instructions may stand. */
const readRoot = (reading: Reading): Element => {
  for (;;) {
    const token = reading.cursor.byte();
    if (token === GLOBAL.switchPage) switchPage(reading);
    else if (token === GLOBAL.pi) skipAttributes(reading.cursor);
    else return readElement(reading, token, 1);
  }
};

/** Quirk(several phones): zero bytes and line ends behind the document. */
const isPadding = (byte: number): boolean => byte === 0 || byte === 0x0a || byte === 0x0d;

/**
 * WBXML bytes -> tree. Opaque data come out as views on `bytes`; text beside child elements is dropped.
 * @param kind what the document must be, unless it does not say
 * @throws SyncmlError SYNCML_MALFORMED, SYNCML_TOO_LARGE, SYNCML_MEDIA_TYPE for a charset that is not read
 * @see WBXML 1.3, 5 and 7; SyncML Representation 1.2, "WBXML definitions"
 */
export const readWbxml = (bytes: Uint8Array, kind: DocumentKind, budget: Budget): Element => {
  const cursor = new Cursor(bytes);
  const header = readHeader(cursor, kind);
  const page = CODE_PAGES[kind][0]?.tokens ?? {};
  const root = readRoot({ cursor, header, budget, kind, page });
  if (!cursor.rest().every(isPadding)) throw malformed("data behind the root element");
  return root;
};
