import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { z } from "zod";
import type { PinSettings } from "../cards/configured-pins.ts";
import { BridgeError } from "../errors.ts";
import type { KeySources } from "../store/key.ts";
import { defaultDataDir } from "./data-dir.ts";
import { namesAt } from "./json-schema.ts";
import { nearestName } from "./nearest-name.ts";
import { type Config, configSchema, contradiction } from "./schema.ts";
import { type ConfigFile, environmentSettings, parseConfigFile, type Setting } from "./source.ts";

/** Looked for in the data folder where no other file is named. */
const CONFIG_FILE = "config.yaml";

/** Where settings come from, the strongest first: flags, environment, file, defaults. */
export interface ConfigSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `--data` */
  readonly dataDir?: string;
  /** `--config` */
  readonly configFile?: string;
  readonly flags: readonly Setting[];
}

/** A configuration and the folder that it belongs to. */
export interface LoadedConfig {
  readonly config: Config;
  /** Absolute. */
  readonly dataDir: string;
  readonly keySources: KeySources;
  /** Where PINs of cards in readers are set down. */
  readonly pinSettings: PinSettings;
}

/**
 * Reads the configuration once; nothing else in src/ looks at the environment or the file.
 * @throws BridgeError BRIDGE_CONFIG that names the setting, where it stands, and what was probably meant
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const { environment } = sources;
  const named = sources.configFile ?? environment["CARDSYNC_CONFIG"];
  const outside = sources.dataDir ?? environment["CARDSYNC_DATA"];
  const file =
    named === undefined
      ? readFolderConfig(outside ?? defaultDataDir(environment))
      : parseConfigFile(readText(named), named);
  const config = check(file, [...environmentSettings(environment), ...sources.flags]);
  if (named === undefined && config.dataDir !== undefined) {
    throw new BridgeError(
      "BRIDGE_CONFIG",
      "dataDir stands in a file that is in the data folder itself: give it by --data, or the file by --config.",
    );
  }
  const dataDir = resolve(outside ?? config.dataDir ?? defaultDataDir(environment));
  const { pinFile } = config.card;
  return {
    config,
    dataDir,
    keySources: keySources(environment),
    pinSettings: { ...(pinFile === undefined ? {} : { pinFile }), ...pinSettings(environment) },
  };
}

function pinSettings(environment: ConfigSources["environment"]): PinSettings {
  const pin = environment["CARDSYNC_PIN"];
  const pinFile = environment["CARDSYNC_PIN_FILE"];
  const credentialsDirectory = environment["CREDENTIALS_DIRECTORY"];
  return {
    ...(pin === undefined ? {} : { pin }),
    ...(pinFile === undefined ? {} : { pinFile }),
    ...(credentialsDirectory === undefined ? {} : { credentialsDirectory }),
  };
}

function keySources(environment: ConfigSources["environment"]): KeySources {
  const key = environment["CARDSYNC_KEY"];
  const keyFile = environment["CARDSYNC_KEY_FILE"];
  const credentialsDirectory = environment["CREDENTIALS_DIRECTORY"];
  return {
    ...(key === undefined ? {} : { key }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(credentialsDirectory === undefined ? {} : { credentialsDirectory }),
  };
}

function readFolderConfig(dataDir: string): ConfigFile | undefined {
  const path = join(dataDir, CONFIG_FILE);
  return existsSync(path) ? parseConfigFile(readText(path), path) : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new BridgeError("BRIDGE_CONFIG", `The configuration ${path} cannot be read.`, { cause });
  }
}

function check(file: ConfigFile | undefined, overrides: readonly Setting[]): Config {
  const tree = overrides.reduce(
    (whole, each) => withSetting(whole, each.path, each.value),
    withoutEmptySections(file?.tree),
  );
  const result = configSchema.safeParse(tree ?? {});
  if (!result.success)
    throw new BridgeError("BRIDGE_CONFIG", explain(result.error, file, overrides));
  const wrong = contradiction(result.data);
  if (wrong !== undefined) throw new BridgeError("BRIDGE_CONFIG", wrong);
  return result.data;
}

/** A section whose lines are all commented out is null in YAML: the same as one that is left out. */
function withoutEmptySections(tree: unknown): unknown {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) return tree;
  return Object.fromEntries(Object.entries(tree).filter(([, value]) => value !== null));
}

/** A copy of `tree` with one setting in place; what is no map on the way is left for the schema to refuse. */
function withSetting(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (tree !== undefined && tree !== null && (typeof tree !== "object" || Array.isArray(tree))) {
    return tree;
  }
  const map = (tree ?? {}) as Readonly<Record<string, unknown>>;
  return { ...map, [step]: withSetting(map[step], rest, value) };
}

function explain(
  error: z.ZodError,
  file: ConfigFile | undefined,
  overrides: readonly Setting[],
): string {
  const sentences = error.issues.flatMap((issue) => {
    const paths =
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => [...issue.path, key])
        : [issue.path];
    return paths.map((path) => {
      const name = path.length === 0 ? "the file" : path.join(".");
      const origin = originOf(path, file, overrides);
      const where = origin === undefined ? "" : ` (${origin})`;
      return `${name}${where}: ${issue.code === "unrecognized_keys" ? unknownName(path) : issue.message}`;
    });
  });
  return sentences.join("\n");
}

function originOf(
  path: readonly PropertyKey[],
  file: ConfigFile | undefined,
  overrides: readonly Setting[],
): string | undefined {
  const written = path.join(".");
  const strongest = overrides.findLast((each) => written.startsWith(each.path.join(".")));
  return strongest?.origin ?? file?.origin(path);
}

function unknownName(path: readonly PropertyKey[]): string {
  const near = nearestName(String(path.at(-1)), namesAt(path.slice(0, -1)));
  return near === undefined
    ? "there is no such setting."
    : `there is no such setting; did you mean ${near}?`;
}
