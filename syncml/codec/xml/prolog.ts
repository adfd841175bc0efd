import { malformed } from "../malformed.ts";

/** A document type declaration that only names the DTD: no internal subset, so nothing that could expand. */
const BARE_DOCTYPE =
  /^<!DOCTYPE\s+(?:SyncML|DevInf)(?:\s+(?:PUBLIC\s+(?:"[^"<>]*"|'[^'<>]*')(?:\s+(?:"[^"<>]*"|'[^'<>]*'))?|SYSTEM\s+(?:"[^"<>]*"|'[^'<>]*')))?\s*>/i;

const WHITESPACE = /[ \t\r\n]*/y;

const skipWhitespace = (xml: string, from: number): number => {
  WHITESPACE.lastIndex = from;
  WHITESPACE.test(xml);
  return WHITESPACE.lastIndex;
};

const endOf = (xml: string, from: number, terminator: string): number => {
  const at = xml.indexOf(terminator, from);
  if (at < 0) throw malformed(`no ${terminator}`);
  return at + terminator.length;
};

const MARKUP: readonly { readonly open: string; readonly close: string }[] = [
  { open: "<!--", close: "-->" },
  { open: "<?", close: "?>" },
];

const skipMarkup = (xml: string, at: number): number | undefined => {
  const found = MARKUP.find((markup) => xml.startsWith(markup.open, at));
  return found && endOf(xml, at + found.open.length, found.close);
};

/** Where the root element begins; declaration, comments and one bare DOCTYPE may stand before it. */
const rootStart = (xml: string): number => {
  let at = skipWhitespace(xml, 0);
  let hasDoctype = false;
  for (;;) {
    const next = skipMarkup(xml, at);
    if (next !== undefined) at = next;
    else if (!hasDoctype && xml.startsWith("<!", at)) {
      const doctype = BARE_DOCTYPE.exec(xml.slice(at, at + 1024));
      if (doctype === null) throw malformed("a document type declaration with contents");
      hasDoctype = true;
      at += doctype[0].length;
    } else return at;
    at = skipWhitespace(xml, at);
  }
};

/** Behind the prolog only comments and CDATA may begin with `<!`: a late DOCTYPE or an ENTITY is refused. */
const checkDeclarations = (xml: string): void => {
  for (let at = xml.indexOf("<!"); at >= 0; at = xml.indexOf("<!", at)) {
    if (xml.startsWith("<![CDATA[", at)) at = endOf(xml, at, "]]>");
    else if (xml.startsWith("<!--", at)) at = endOf(xml, at + 4, "-->");
    else throw malformed("a declaration behind the prolog");
  }
};

/**
 * Strips everything before the root element.
 * @throws SyncmlError SYNCML_MALFORMED for a DTD subset, an entity declaration, a second or late DOCTYPE
 */
export const withoutProlog = (xml: string): string => {
  const body = xml.slice(rootStart(xml));
  checkDeclarations(body);
  return body;
};
