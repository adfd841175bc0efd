import { XMLParser, XMLValidator } from "fast-xml-parser";
import { charsetByMark, decodeStrictly } from "../charset.ts";
import type { Element } from "../element.ts";
import { parentElement, textElement } from "../element.ts";
import type { Budget } from "../limits.ts";
import { malformed } from "../malformed.ts";
import { checkCharacters, decodeReferences } from "./characters.ts";
import { EMPTY_SCOPE, resolveName, scopeWithin } from "./namespace-scope.ts";
import type { NamespaceScope } from "./namespace-scope.ts";
import { withoutProlog } from "./prolog.ts";

const TEXT = "#text";
const CDATA = "#cdata";
const ATTRIBUTES = ":@";
const ATTRIBUTE_PREFIX = "@_";

/** The parser's own node: one key besides ATTRIBUTES, the element's name. */
type ParserNode = Readonly<Record<string, unknown>>;

const createParser = (maxDepth: number): XMLParser =>
  new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: ATTRIBUTE_PREFIX,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    cdataPropName: CDATA,
    maxNestedTags: maxDepth,
    // References are resolved by decodeReferences, which knows no entity but the predefined ones.
    processEntities: false,
  });

const DECLARED_ENCODING = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']/;

/** The XML declaration is ASCII in every charset read here but UTF-16, which is known by its mark or its zero bytes. */
const declaredCharset = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0 || bytes[1] === 0) return bytes[0] === 0 ? "utf-16be" : "utf-16le";
  const head = String.fromCharCode(...bytes.subarray(0, 200));
  return DECLARED_ENCODING.exec(head)?.[1]?.toLowerCase();
};

const decodeText = (bytes: Uint8Array, charset: string | undefined): string => {
  const mark = charsetByMark(bytes);
  if (mark !== undefined) return decodeStrictly(bytes.subarray(mark.length), mark.charset);
  return decodeStrictly(bytes, charset ?? declaredCharset(bytes) ?? "utf-8");
};

const PADDING = " \t\r\n\0";

/** Quirk(several phones): zero bytes and line ends behind the root element. A loop, for `+$` would be quadratic. */
const withoutTail = (xml: string): string => {
  let end = xml.length;
  while (end > 0 && PADDING.includes(xml.charAt(end - 1))) end -= 1;
  return xml.slice(0, end);
};

const parse = (xml: string, maxDepth: number): readonly ParserNode[] => {
  try {
    // The package that the deprecation names is not at hand; this one is the same code.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const verdict = XMLValidator.validate(xml);
    if (verdict !== true) throw malformed(`not well-formed: ${verdict.err.code}`);
    return createParser(maxDepth).parse(xml) as readonly ParserNode[];
  } catch (cause) {
    throw malformed("not well-formed XML", cause);
  }
};

const nameOf = (node: ParserNode): string => {
  for (const key in node) if (key !== ATTRIBUTES) return key;
  throw malformed("an element without a name");
};

const isElementName = (name: string): boolean =>
  name !== TEXT && name !== CDATA && !name.startsWith("?");

const plainText = (node: ParserNode): string => {
  const text = String(node[TEXT]);
  if (text.includes("]]>")) throw malformed("]]> outside CDATA");
  return decodeReferences(text);
};

const cdataText = (node: ParserNode): string =>
  (node[CDATA] as readonly ParserNode[]).map((part) => String(part[TEXT])).join("");

const textOf = (nodes: readonly ParserNode[]): string => {
  let text = "";
  for (const node of nodes) {
    if (TEXT in node) text += plainText(node);
    else if (CDATA in node) text += cdataText(node);
  }
  return text;
};

/** Only namespaces are read from attributes; the parser leaves their values as written, and is lax about what they hold. */
const attributesOf = (node: ParserNode): ReadonlyMap<string, string> | undefined => {
  const written = node[ATTRIBUTES] as Readonly<Record<string, string>> | undefined;
  if (written === undefined) return undefined;
  const attributes = new Map<string, string>();
  for (const [key, value] of Object.entries(written)) {
    if (value.includes("<")) throw malformed("< in an attribute");
    const text = decodeReferences(value.replace(/[\t\n\r]/g, " "));
    attributes.set(key.slice(ATTRIBUTE_PREFIX.length), text);
  }
  return attributes;
};

interface Place {
  readonly scope: NamespaceScope;
  readonly depth: number;
  readonly budget: Budget;
}

const toElement = (node: ParserNode, name: string, place: Place): Element => {
  place.budget.spendElement(place.depth);
  const scope = scopeWithin(place.scope, attributesOf(node));
  const nodes = node[name] as readonly ParserNode[];
  const children = toElements(nodes, { ...place, scope, depth: place.depth + 1 });
  const resolved = resolveName(scope, name);
  if (children.length > 0) return parentElement(resolved, children);
  const text = textOf(nodes);
  place.budget.spendDecoded(text.length);
  return textElement(resolved, text);
};

const toElements = (nodes: readonly ParserNode[], place: Place): readonly Element[] => {
  const elements: Element[] = [];
  for (const node of nodes) {
    const name = nameOf(node);
    if (isElementName(name)) elements.push(toElement(node, name, place));
  }
  return elements;
};

/** The tree of a text that is decoded already. @throws SyncmlError SYNCML_MALFORMED, SYNCML_TOO_LARGE */
export const readXmlText = (xml: string, budget: Budget): Element => {
  const text = withoutTail(xml);
  checkCharacters(text);
  const nodes = parse(withoutProlog(text), budget.maxDepth);
  const [root, ...others] = toElements(nodes, { scope: EMPTY_SCOPE, depth: 1, budget });
  if (root === undefined || others.length > 0) throw malformed("not exactly one root element");
  if (textOf(nodes).trim() !== "") throw malformed("text outside the root element");
  return root;
};

/**
 * XML bytes -> tree. Comments and processing instructions are dropped, CDATA is joined with the text around it, text
 * beside child elements (indentation) is dropped.
 * @param charset of the Content-Type, in lower case; it beats the XML declaration, a byte order mark beats both
 * @throws SyncmlError SYNCML_MALFORMED, SYNCML_TOO_LARGE, SYNCML_MEDIA_TYPE for a charset that is not read
 */
export const readXml = (bytes: Uint8Array, charset: string | undefined, budget: Budget): Element =>
  readXmlText(decodeText(bytes, charset), budget);
