import type { Command } from "commander";
import type { Setting } from "../config/source.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import type { CliContext } from "./context.ts";

/** Options that every command has. */
export interface FolderOptions {
  readonly data?: string;
  readonly config?: string;
}

export function addFolderOptions(command: Command): Command {
  return command
    .option("--data <dir>", "folder that holds everything (default: by the XDG rules)")
    .option("--config <file>", "configuration (default: config.yaml in that folder)");
}

/** @param flags settings given on the command line; they win */
export function loadFolderConfig(
  context: CliContext,
  options: FolderOptions,
  flags: readonly Setting[] = [],
): LoadedConfig {
  return loadConfig({
    environment: context.environment,
    flags,
    ...(options.data === undefined ? {} : { dataDir: options.data }),
    ...(options.config === undefined ? {} : { configFile: options.config }),
  });
}
