import type { SyncmlVersion } from "../../model/message.ts";
import type { Space } from "../../spec/namespaces.ts";
import {
  CODE_PAGES,
  DEVINF_TOKEN_ALIASES,
  GLOBAL,
  PUBLIC_IDS,
  TAG_HAS_CONTENT,
  UTF8_MIBENUM,
  WBXML_VERSION,
} from "../../spec/wbxml.ts";
import type { DocumentKind } from "../../spec/wbxml.ts";
import { spaceOfChild } from "../element.ts";
import type { Element } from "../element.ts";
import { notEncodable } from "../malformed.ts";
import { verDtdOf } from "../mapping/ctcap.ts";
import { ByteSink } from "./byte-sink.ts";

/** Half of a surrogate pair, which UTF-8 cannot carry. */
const LONE_SURROGATE = /\p{Surrogate}/u;

interface Tag {
  readonly page: number;
  readonly token: number;
}

const tagsOf = (kind: DocumentKind): ReadonlyMap<string, Tag> => {
  const tags = new Map<string, Tag>();
  CODE_PAGES[kind].forEach(({ space, tokens }, page) => {
    for (const [token, name] of Object.entries(tokens)) {
      tags.set(`${space} ${name}`, { page, token: Number(token) });
    }
  });
  return tags;
};

const TAGS = {
  SyncML: tagsOf("SyncML"),
  DevInf: new Map([
    ...tagsOf("DevInf"),
    ...Object.entries(DEVINF_TOKEN_ALIASES).map(
      ([name, token]) => [`devinf ${name}`, { page: 0, token }] as const,
    ),
  ]),
};

/** One document while it is written. */
interface Writing {
  readonly sink: ByteSink;
  readonly kind: DocumentKind;
  readonly version: SyncmlVersion;
  page: number;
}

const writeHeader = (sink: ByteSink, kind: DocumentKind, version: string): void => {
  const publicId = PUBLIC_IDS.find((row) => row.kind === kind && row.version === version);
  if (publicId === undefined) throw notEncodable(`no WBXML for ${kind} ${version}`);
  sink.byte(WBXML_VERSION);
  sink.multiByteInt(publicId.id);
  sink.multiByteInt(UTF8_MIBENUM);
  sink.multiByteInt(0);
};

const writeTag = (writing: Writing, name: string, space: Space, hasContent: boolean): void => {
  const tag = TAGS[writing.kind].get(`${space} ${name}`);
  if (tag === undefined) throw notEncodable(`no token for ${name}`);
  if (tag.page !== writing.page) {
    writing.sink.byte(GLOBAL.switchPage);
    writing.sink.byte(tag.page);
    writing.page = tag.page;
  }
  writing.sink.byte(hasContent ? tag.token | TAG_HAS_CONTENT : tag.token);
};

const writeOpaque = (sink: ByteSink, bytes: Uint8Array): void => {
  sink.byte(GLOBAL.opaque);
  sink.multiByteInt(bytes.length);
  sink.bytes(bytes);
};

/** The data of an item are opaque: byte for byte what they are. Other text is an inline string, which cannot hold a zero. */
const writeText = (sink: ByteSink, text: string, isItemData: boolean): void => {
  if (LONE_SURROGATE.test(text)) throw notEncodable("half a character");
  const size = Buffer.byteLength(text, "utf8");
  if (isItemData || text.includes("\0")) {
    sink.byte(GLOBAL.opaque);
    sink.multiByteInt(size);
    sink.utf8(text, size);
  } else {
    sink.byte(GLOBAL.strI);
    sink.utf8(text, size);
    sink.byte(0);
  }
};

const hasContent = (element: Element): boolean =>
  element.children.length > 0 || element.text !== "" || element.bytes !== undefined;

const writeElement = (
  writing: Writing,
  element: Element,
  space: Space,
  parentName: string,
): void => {
  const { sink } = writing;
  writeTag(writing, element.name, space, hasContent(element));
  if (!hasContent(element)) return;
  if (element.bytes !== undefined) writeOpaque(sink, element.bytes);
  else if (element.text !== "") {
    writeText(sink, element.text, element.name === "Data" && parentName === "Item");
  }
  for (const child of element.children) writeChild(writing, child, space, element.name);
  sink.byte(GLOBAL.end);
};

/** A DevInf within a SyncML document is a whole document of its own, in an OPAQUE. */
const writeChild = (writing: Writing, child: Element, space: Space, parentName: string): void => {
  const childSpace = spaceOfChild(space, parentName, child.name);
  if (writing.kind === "SyncML" && childSpace === "devinf") {
    writeOpaque(writing.sink, writeWbxml(child, writing.version));
  } else writeElement(writing, child, childSpace, parentName);
};

/** DevInf says its own version; one that says none is written in the message's. */
const versionOf = (root: Element, version: SyncmlVersion): string =>
  PUBLIC_IDS.find((row) => row.version === verDtdOf(root))?.version ?? version;

/** One element of a SyncML message as it stands inside one, in code page 0, and back in it at the end. */
export const writeWbxmlFragment = (element: Element, version: SyncmlVersion): Uint8Array => {
  const writing: Writing = { sink: new ByteSink(), kind: "SyncML", version, page: 0 };
  writeElement(writing, element, "syncml", "");
  if (writing.page !== 0) writing.sink.bytes(Uint8Array.of(GLOBAL.switchPage, 0));
  return writing.sink.toBytes();
};

/**
 * A whole document: WBXML 1.2, UTF-8, no string table.
 * @throws SyncmlError (ours) for what has no token
 */
export const writeWbxml = (root: Element, version: SyncmlVersion): Uint8Array => {
  const kind = root.name === "DevInf" ? "DevInf" : "SyncML";
  const sink = new ByteSink();
  writeHeader(sink, kind, kind === "DevInf" ? versionOf(root, version) : version);
  const space = kind === "DevInf" ? "devinf" : "syncml";
  writeElement({ sink, kind, version, page: 0 }, root, space, "");
  return sink.toBytes();
};
