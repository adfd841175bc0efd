import type { Command } from "commander";
import { stringify } from "yaml";
import { configJsonSchema } from "../config/json-schema.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions, loadFolderConfig } from "./folder-options.ts";
import { printJson, printLine } from "./output.ts";

/** `cardsync config show|schema` */
export function addConfigCommand(program: Command, context: CliContext): void {
  const config = program.command("config").description("the configuration");
  addFolderOptions(config.command("show"))
    .description("check the configuration and print it with its defaults")
    .addHelpText("after", "\nExamples:\n  cardsync config show --config cardsync.yaml")
    .action((options: FolderOptions) => {
      const loaded = loadFolderConfig(context, options);
      printLine(context.stdout, stringify({ ...loaded.config, dataDir: loaded.dataDir }).trimEnd());
    });
  config
    .command("schema")
    .description("print the JSON Schema that editors use")
    .addHelpText("after", "\nExamples:\n  cardsync config schema > cardsync.schema.json")
    .action(() => {
      printJson(context.stdout, configJsonSchema());
    });
}
