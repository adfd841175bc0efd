import type { Element } from "./element.ts";
import { parentElement } from "./element.ts";
import { sniffEncoding } from "./content-type.ts";
import type { Budget } from "./limits.ts";
import { readXmlText } from "./xml/read-xml.ts";
import { readWbxml } from "./wbxml/read-wbxml.ts";
import { utf8OrUndefined } from "./charset.ts";

/** The commands whose items carry a DevInf; the data of others is never looked into. */
const CARRIERS: readonly string[] = ["Put", "Results"];

/** The beginning of a DevInf document in XML: declaration, DOCTYPE and comments may stand before the root. */
const XML_DEV_INF =
  /^\s*(?:<\?xml\b[^>]*>\s*)?(?:<!DOCTYPE\s+DevInf\b[^>]*>\s*)?<(?:[\w-]+:)?DevInf\b/;

const readNested = (data: Element, budget: Budget): Element | undefined => {
  const { bytes } = data;
  if (bytes !== undefined && sniffEncoding(bytes) === "wbxml") {
    return readWbxml(bytes, "DevInf", budget);
  }
  const text = bytes === undefined ? data.text : utf8OrUndefined(bytes);
  return text !== undefined && XML_DEV_INF.test(text) ? readXmlText(text, budget) : undefined;
};

const mapChildren = (
  element: Element,
  name: string,
  replace: (child: Element) => Element,
): Element =>
  element.children.some((child) => child.name === name)
    ? parentElement(
        element.name,
        element.children.map((child) => (child.name === name ? replace(child) : child)),
      )
    : element;

/**
 * Opens the DevInf documents that stand in a message's Data as OPAQUE (WBXML) or as text (CDATA), and puts their trees
 * in place.
 * Quirk(Mobical): DevInf in CDATA.
 * @throws SyncmlError as the readers do
 */
export const openNestedDevInf = (root: Element, budget: Budget): Element => {
  const openData = (data: Element): Element => {
    const devInf = readNested(data, budget);
    return devInf === undefined ? data : parentElement(data.name, [devInf]);
  };
  const openItem = (item: Element): Element => mapChildren(item, "Data", openData);
  const openBody = (body: Element): Element =>
    CARRIERS.reduce(
      (opened, name) =>
        mapChildren(opened, name, (command) => mapChildren(command, "Item", openItem)),
      body,
    );
  return mapChildren(root, "SyncBody", openBody);
};
