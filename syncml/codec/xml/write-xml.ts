import type { SyncmlVersion } from "../../model/message.ts";
import { NAMESPACES } from "../../spec/namespaces.ts";
import type { Space } from "../../spec/namespaces.ts";
import type { Element } from "../element.ts";
import { spaceOfChild } from "../element.ts";
import { notEncodable } from "../malformed.ts";
import { escapeText } from "./characters.ts";

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

const namespaceOf = (space: Space, version: SyncmlVersion): string =>
  space === "syncml" ? NAMESPACES.syncml[version] : NAMESPACES[space];

interface Place {
  readonly space: Space;
  /** The namespace in force where the element stands. */
  readonly outer: Space | undefined;
  readonly version: SyncmlVersion;
}

const writeElement = (element: Element, place: Place): string => {
  if (element.bytes !== undefined) throw notEncodable("XML cannot carry bytes");
  const { space, version } = place;
  const { name } = element;
  const xmlns = space === place.outer ? "" : ` xmlns="${namespaceOf(space, version)}"`;
  if (element.children.length === 0) {
    if (element.text === "") return `<${name}${xmlns}/>`;
    return `<${name}${xmlns}>${escapeText(element.text)}</${name}>`;
  }
  let inner = "";
  for (const child of element.children) {
    const childSpace = spaceOfChild(space, name, child.name);
    inner += writeElement(child, { space: childSpace, outer: space, version });
  }
  return `<${name}${xmlns}>${inner}</${name}>`;
};

/** One element of a SyncML message, as it stands inside one. @throws SyncmlError (ours) for what XML cannot carry */
export const writeXmlFragment = (element: Element, version: SyncmlVersion): string =>
  writeElement(element, { space: "syncml", outer: "syncml", version });

/** A whole document in UTF-8, without indentation. @throws SyncmlError (ours) for what XML cannot carry */
export const writeXml = (root: Element, version: SyncmlVersion): Uint8Array => {
  const space = root.name === "DevInf" ? "devinf" : "syncml";
  return Buffer.from(
    DECLARATION + writeElement(root, { space, outer: undefined, version }),
    "utf8",
  );
};
