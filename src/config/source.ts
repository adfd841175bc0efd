import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { BridgeError } from "../errors.ts";
import { type SchemaNode, configJsonSchema } from "./json-schema.ts";
import { nearestName } from "./nearest-name.ts";

/** One setting as it was written, and where: for error messages. */
export interface Setting {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly origin: string;
}

/** A tree of settings and a way to say where each stands. */
export interface ConfigFile {
  readonly tree: unknown;
  /** @returns such as `config.yaml:12` */
  origin(path: readonly PropertyKey[]): string;
}

/**
 * @returns the file's tree as unknown data; an empty file gives undefined
 * @throws BridgeError BRIDGE_CONFIG with line and column if it is not YAML
 */
export function parseConfigFile(text: string, name: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new BridgeError("BRIDGE_CONFIG", `${name} is not YAML: ${error.message.trim()}`);
  }
  return {
    tree: (document.toJS() as unknown) ?? undefined,
    origin(path) {
      const offset = keyOffset(document.contents, path);
      return offset === undefined ? name : `${name}:${String(lines.linePos(offset).line)}`;
    },
  };
}

/** Where the last key of `path` that the document has begins. */
function keyOffset(root: unknown, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const step of path) {
    const pair = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && key.value === step)
      : undefined;
    if (pair === undefined || !isScalar(pair.key)) return offset;
    offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}

const PREFIX = "CARDSYNC_";

/**
 * Settings from the environment: `CARDSYNC_SERVER__PORT` is `server.port`, `CARDSYNC_SYNC__MAX_MSG_SIZE_BYTES` is
 * `sync.maxMsgSizeBytes`; values are read as YAML. Names without a double underscore are not settings.
 * @throws BridgeError BRIDGE_CONFIG for a name that is none
 */
export function environmentSettings(
  environment: Readonly<Record<string, string | undefined>>,
): readonly Setting[] {
  const known = new Map(leafPaths(configJsonSchema(), []).map((path) => [nameOf(path), path]));
  const settings: Setting[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!/^CARDSYNC_[A-Z]+__/.test(name) || text === undefined) continue;
    const path = known.get(name);
    if (path === undefined) throw unknownVariable(name, [...known.keys()]);
    settings.push({ path, value: parseConfigFile(text, name).tree, origin: name });
  }
  return settings;
}

function unknownVariable(name: string, known: readonly string[]): BridgeError {
  const near = nearestName(name, known);
  const hint = near === undefined ? "" : `: did you mean ${near}?`;
  return new BridgeError("BRIDGE_CONFIG", `There is no setting ${name}${hint}`);
}

const nameOf = (path: readonly string[]): string =>
  PREFIX + path.map((step) => step.replace(/[A-Z]/g, "_$&").toUpperCase()).join("__");

function leafPaths(node: SchemaNode, path: readonly string[]): readonly (readonly string[])[] {
  if (node.properties === undefined) return [path];
  return Object.entries(node.properties).flatMap(([name, child]) =>
    leafPaths(child, [...path, name]),
  );
}
