import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { LIMITS } from "../config/limits.ts";
import { parseConfigFile, type ConfigFile } from "../config/source.ts";
import { BridgeError } from "../errors.ts";
import { QuirkBook } from "./quirk-book.ts";
import { quirkFileSchema } from "./rule-schema.ts";

type QuirkFile = z.output<typeof quirkFileSchema>;

/**
 * The shipped rules, without those that the user's file switches off, then the user's own.
 * @param userFile absolute; undefined where there is none
 * @throws BridgeError BRIDGE_CONFIG that names file, line, rule and knob
 */
export function loadQuirks(userFile: string | undefined): QuirkBook {
  const shipped = readQuirks(shippedQuirksPath());
  if (userFile === undefined) return new QuirkBook(shipped.rules);
  const own = readQuirks(userFile);
  const names = new Set(shipped.rules.map(({ name }) => name));
  const unknown = own.off.find((name) => !names.has(name));
  if (unknown !== undefined)
    throw wrong(`${userFile}: off names ${unknown}, and no shipped rule is called so.`);
  const kept = shipped.rules.filter(({ name }) => !own.off.includes(name));
  const twice = own.rules.find(({ name }) => kept.some((each) => each.name === name));
  if (twice !== undefined)
    throw wrong(
      `${userFile}: ${twice.name} is a shipped rule's name; switch that off, or use another.`,
    );
  return new QuirkBook([...kept, ...own.rules]);
}

/** config/quirks.yaml of this package, whether it runs from its sources or was built. */
export function shippedQuirksPath(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "config", "quirks.yaml"))) {
    if (dirname(folder) === folder) throw wrong("The shipped config/quirks.yaml is missing.");
    folder = dirname(folder);
  }
  return join(folder, "config", "quirks.yaml");
}

function readQuirks(path: string): QuirkFile {
  const file = parseConfigFile(readText(path), path);
  const result = quirkFileSchema.safeParse(file.tree ?? {});
  if (!result.success) throw wrong(explain(result.error, file));
  const names = result.data.rules.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw wrong(`${path}: two rules are called ${twice}.`);
  return result.data;
}

function readText(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length <= LIMITS.quirkFileBytes) return text;
  } catch (cause) {
    throw wrong(`The rules ${path} cannot be read.`, cause);
  }
  throw wrong(`The rules ${path} are larger than ${String(LIMITS.quirkFileBytes)} bytes.`);
}

const explain = (error: z.ZodError, file: ConfigFile): string =>
  error.issues
    .map(({ path, message }) => {
      const where = path.length === 0 ? "the file" : `${ruleAt(path, file.tree)}${path.join(".")}`;
      return `${file.origin(path)}: ${where}: ${message}`;
    })
    .join("\n");

/** The name of the rule that a path leads into, as far as it has one. */
function ruleAt([list, index]: readonly PropertyKey[], tree: unknown): string {
  if (list !== "rules" || typeof index !== "number") return "";
  const rules = (tree as { readonly rules?: readonly unknown[] }).rules ?? [];
  const rule: unknown = rules[index];
  const isNamed = typeof rule === "object" && rule !== null && "name" in rule;
  return isNamed && typeof rule.name === "string" ? `rule ${rule.name}, ` : "";
}

const wrong = (message: string, cause?: unknown): BridgeError =>
  new BridgeError("BRIDGE_CONFIG", message, cause === undefined ? {} : { cause });
