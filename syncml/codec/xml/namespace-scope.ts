import { NAMESPACE_PREFIX } from "../../spec/namespaces.ts";

/** Namespaces in force: prefix -> URI, "" being the default one. */
export type NamespaceScope = ReadonlyMap<string, string>;

export const EMPTY_SCOPE: NamespaceScope = new Map();

/** The namespaces in force inside an element with these attributes. */
export const scopeWithin = (
  outer: NamespaceScope,
  attributes: ReadonlyMap<string, string> | undefined,
): NamespaceScope => {
  if (attributes === undefined) return outer;
  const declared = new Map(outer);
  for (const [key, uri] of attributes) {
    const [name, local = ""] = key.split(":", 2);
    if (name === "xmlns") declared.set(local, uri.trim());
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
