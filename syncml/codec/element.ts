import type { Space } from "../spec/namespaces.ts";

/**
 * The neutral tree between bytes and model: one element, its children or its text. An element holds children, text or
 * bytes, never two of them; an empty one has no children and the text "".
 */
export interface Element {
  /** Local name as in `spec/`; an element of a foreign namespace is called `{namespace}name`. */
  readonly name: string;
  readonly children: readonly Element[];
  readonly text: string;
  /** What WBXML carried as OPAQUE; `text` is "" then. */
  readonly bytes?: Uint8Array;
}

const NONE: readonly Element[] = [];

export const textElement = (name: string, text: string): Element => ({
  name,
  children: NONE,
  text,
});

export const bytesElement = (name: string, bytes: Uint8Array): Element => ({
  name,
  children: NONE,
  text: "",
  bytes,
});

export const parentElement = (name: string, children: readonly Element[]): Element => ({
  name,
  children,
  text: "",
});

export const childNamed = (element: Element, name: string): Element | undefined =>
  element.children.find((child) => child.name === name);

/** The vocabulary that a child belongs to, told by where it stands. */
export const spaceOfChild = (parentSpace: Space, parentName: string, name: string): Space => {
  if (name === "DevInf") return "devinf";
  if (parentSpace !== "syncml") return parentSpace;
  return parentName === "Meta" || parentName === "Data" ? "metinf" : "syncml";
};
