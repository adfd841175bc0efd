import { z } from "zod";
import { configSchema } from "./schema.ts";

/** The part of JSON Schema that {@link configJsonSchema} uses. */
export interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

/** The configuration's JSON Schema, draft 2020-12, as editors read it: everything with a default is optional. */
export function configJsonSchema(): SchemaNode {
  return z.toJSONSchema(configSchema, { io: "input" }) as SchemaNode;
}

/** @returns the names that may stand at `path` in the configuration; none if nothing may */
export function namesAt(path: readonly PropertyKey[]): readonly string[] {
  let node: SchemaNode | undefined = configJsonSchema();
  for (const step of path) {
    node = typeof step === "number" ? node?.items : node?.properties?.[String(step)];
  }
  return Object.keys(node?.properties ?? {});
}
