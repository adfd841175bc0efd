import type { Element } from "../element.ts";
import { childNamed, parentElement, textElement } from "../element.ts";
import { FLAT_SIZE_NAME } from "../../spec/elements.ts";

/**
 * CTCap of DevInf 1.0 and 1.1 is one flat sequence, in which each CTType, PropName and ParamName begins what follows it:
 * CTType, (PropName, details, (ParamName, details)*)*. Here it is brought into the nested form of 1.2 and back.
 */

interface Open {
  readonly caps: Element[][];
  property: Element[] | undefined;
  param: Element[] | undefined;
}

const OWN_ROWS: readonly string[] = ["VerCT", "FieldLevel", "Property"];

const closeParam = (open: Open): void => {
  if (open.param !== undefined) open.property?.push(parentElement("PropParam", open.param));
  open.param = undefined;
};

const closeProperty = (open: Open): void => {
  closeParam(open);
  if (open.property !== undefined) open.caps.at(-1)?.push(parentElement("Property", open.property));
  open.property = undefined;
};

const STARTS: Readonly<Record<string, (open: Open, element: Element) => void>> = {
  CTType: (open, element) => {
    closeProperty(open);
    open.caps.push([element]);
  },
  PropName: (open, element) => {
    closeProperty(open);
    open.property = [element];
  },
  ParamName: (open, element) => {
    closeParam(open);
    open.param = [element];
  },
};

const take = (open: Open, element: Element): void => {
  const start = Object.hasOwn(STARTS, element.name) ? STARTS[element.name] : undefined;
  if (start !== undefined) start(open, element);
  else if (OWN_ROWS.includes(element.name)) {
    closeProperty(open);
    open.caps.at(-1)?.push(element);
  } else (open.param ?? open.property ?? open.caps.at(-1))?.push(element);
};

/** One CTCap element in either form -> one element in the nested form for each CTType in it. */
const nest = (element: Element): readonly Element[] => {
  const open: Open = { caps: [], property: undefined, param: undefined };
  for (const child of element.children) take(open, child);
  closeProperty(open);
  return open.caps.map((children) => parentElement("CTCap", children));
};

/** Brings each CTCap among the children of a DevInf or DataStore into the nested form. */
export const nestCtCaps = (children: readonly Element[]): readonly Element[] =>
  children.some((child) => child.name === "CTCap")
    ? children.flatMap((child) => (child.name === "CTCap" ? nest(child) : [child]))
    : children;

const inFlatForm = (element: Element): readonly Element[] => {
  switch (element.name) {
    case "Property":
    case "PropParam":
      return element.children.flatMap(inFlatForm);
    case "MaxSize":
      return [textElement(FLAT_SIZE_NAME, element.text)];
    // What 1.1 has no word for.
    case "VerCT":
    case "FieldLevel":
    case "MaxOccur":
    case "NoTruncate":
      return [];
    default:
      return [element];
  }
};

const joined = (caps: readonly Element[]): Element =>
  parentElement(
    "CTCap",
    caps.flatMap((cap) => cap.children.flatMap(inFlatForm)),
  );

/** The inverse, for DevInf 1.0 and 1.1: all CTCap become one, in the flat form; VerCT, MaxOccur and the like are lost. */
export const flattenCtCaps = (children: readonly Element[]): readonly Element[] => {
  const caps = children.filter((child) => child.name === "CTCap");
  const first = caps[0];
  if (first === undefined) return children;
  return children.flatMap((child) => {
    if (child === first) return [joined(caps)];
    return child.name === "CTCap" ? [] : [child];
  });
};

/** Quirk: a MetInf element around the contents of Meta, as the DTD's own root. */
export const unwrapMetInf = (children: readonly Element[]): readonly Element[] =>
  children.flatMap((child) => (child.name === "MetInf" ? child.children : [child]));

/** Whether a document of this kind writes CTCap in the flat form. */
export const isFlatVersion = (verDtd: string): boolean => verDtd === "1.0" || verDtd === "1.1";

export const verDtdOf = (devInf: Element): string => childNamed(devInf, "VerDTD")?.text ?? "";
