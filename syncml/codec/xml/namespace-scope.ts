import { NAMESPACE_PREFIX } from "../../spec/namespaces.ts";

/** Namespaces in force: prefix -> URI, "" being the default one. */
export type NamespaceScope = ReadonlyMap<string, string>;

export const EMPTY_SCOPE: NamespaceScope = new Map();

/** @param attributes of an element, each name with `prefix` before it */
export const scopeWithin = (
  outer: NamespaceScope,
  attributes: Readonly<Record<string, unknown>> | undefined,
  prefix: string,
): NamespaceScope => {
  if (attributes === undefined) return outer;
  const declared = new Map(outer);
  for (const [key, value] of Object.entries(attributes)) {
    const [name, local = ""] = key.slice(prefix.length).split(":", 2);
    if (name === "xmlns" && typeof value === "string") declared.set(local, value.trim());
  }
  return declared;
};

/**
 * The local name where the element is SyncML's own or in no namespace; `{namespace}name` where it is a stranger's, so
 * that it matches no row of the tables. A prefix without declaration is dropped.
 */
export const resolveName = (scope: NamespaceScope, qualifiedName: string): string => {
  const colon = qualifiedName.indexOf(":");
  const local = qualifiedName.slice(colon + 1);
  const uri = scope.get(colon < 0 ? "" : qualifiedName.slice(0, colon)) ?? "";
  const isOurs = uri === "" || uri.toLowerCase().startsWith(NAMESPACE_PREFIX);
  return isOurs ? local : `{${uri}}${local}`;
};
