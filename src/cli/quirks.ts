import type { Command } from "commander";
import type { PeerFacts, SyncmlVersion } from "../../syncml/index.ts";
import { BridgeError } from "../errors.ts";
import { loadQuirks } from "../quirks/load-quirks.ts";
import type { QuirkBook } from "../quirks/quirk-book.ts";
import { quirksFileOf } from "../quirks/quirks-file.ts";
import { quirksJsonSchema, type QuirkRule } from "../quirks/rule-schema.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions, loadFolderConfig } from "./folder-options.ts";
import { printJson, printLine, printTable } from "./output.ts";

interface TestOptions extends FolderOptions {
  readonly json?: true;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly fwV?: string;
  readonly device?: string;
  readonly alias?: string;
  readonly syncml: string;
}

/** `cardsync quirks list|test|schema` */
export function addQuirksCommand(program: Command, context: CliContext): void {
  const quirks = program
    .command("quirks")
    .description("what is different for some makes of devices; see config/quirks.md");
  addFolderOptions(quirks.command("list"))
    .description("all rules in force, in their order")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync quirks list")
    .action((options: FolderOptions & { json?: true }) => {
      const { rules } = bookOf(context, options);
      if (options.json === true) printJson(context.stdout, rules);
      else printTable(context.stdout, ["RULE", "SETS", "SOURCE"], rules.map(rowOf));
    });
  addTestCommand(quirks, context);
  quirks
    .command("schema")
    .description("print the JSON Schema that editors use for files of rules")
    .addHelpText("after", "\nExamples:\n  cardsync quirks schema > quirks.schema.json")
    .action(() => {
      printJson(context.stdout, quirksJsonSchema());
    });
}

function addTestCommand(quirks: Command, context: CliContext): void {
  addFolderOptions(quirks.command("test"))
    .description("which rules apply to a device, and what they set together")
    .option("--manufacturer <name>", "as its DevInf says (Man)")
    .option("--model <name>", "as its DevInf says (Mod)")
    .option("--fw-v <version>", "version of its firmware")
    .option("--device <id>", "its device id")
    .option("--alias <name>", "the name behind ~ in the URL")
    .option("--syncml <version>", "1.0, 1.1 or 1.2", "1.2")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync quirks test --manufacturer Nokia --model E90")
    .action((options: TestOptions) => {
      const facts = factsOf(options);
      const { rules, content, ...knobs } = bookOf(context, options).traitsOf(facts);
      const set = Object.entries({ ...knobs, ...content }).filter(([, value]) => value !== false);
      if (options.json === true) printJson(context.stdout, { rules, set: Object.fromEntries(set) });
      else {
        printLine(context.stdout, rules.length === 0 ? "no rule" : `rules: ${rules.join(", ")}`);
        for (const [name, value] of set) printLine(context.stdout, `${name}: ${String(value)}`);
      }
    });
}

const bookOf = (context: CliContext, options: FolderOptions): QuirkBook =>
  loadQuirks(quirksFileOf(loadFolderConfig(context, options)));

const rowOf = ({ name, set, source }: QuirkRule): readonly string[] => [
  name,
  Object.entries(set)
    .map(([knob, value]) => (value === true ? knob : `${knob}=${String(value)}`))
    .join(", "),
  source,
];

const isVersion = (text: string): text is SyncmlVersion => ["1.0", "1.1", "1.2"].includes(text);

function factsOf({ manufacturer, model, fwV, device, alias, syncml }: TestOptions): PeerFacts {
  if (!isVersion(syncml)) throw new BridgeError("BRIDGE_USAGE", "--syncml takes 1.0, 1.1 or 1.2.");
  const deviceId = device ?? "";
  return {
    deviceId,
    version: syncml,
    ...(alias === undefined ? {} : { alias }),
    devInf: {
      verDtd: syncml,
      devId: deviceId,
      devTyp: "",
      datastores: [],
      ...(manufacturer === undefined ? {} : { man: manufacturer }),
      ...(model === undefined ? {} : { mod: model }),
      ...(fwV === undefined ? {} : { fwV }),
    },
  };
}
