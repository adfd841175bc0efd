import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { DATASTORE_NAMES, type DatastoreName } from "../bridge/databases.ts";
import { BridgeError } from "../errors.ts";
import { confirm } from "./ask.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { readItemFiles, writeItemFiles } from "./item-files.ts";
import { printJson, printLine, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

interface ItemOptions extends FolderOptions {
  readonly card?: string;
}

/** `cardsync items list|export|import|delete` */
export function addItemsCommand(program: Command, context: CliContext): void {
  const items = program.command("items").description("what is on the card");
  addListCommand(items, context);
  addExportCommand(items, context);
  addImportCommand(items, context);
  addDeleteCommand(items, context);
}

function itemCommand(parent: Command, name: string): Command {
  const database = new Argument("<database>", "which data").choices(DATASTORE_NAMES);
  const card = new Option("--card <name>", "label or uuid, where there are several");
  return addFolderOptions(parent.command(name).addArgument(database)).addOption(card);
}

const place = (
  database: DatastoreName,
  { card }: ItemOptions,
): { database: DatastoreName; card?: string } => ({
  database,
  ...(card === undefined ? {} : { card }),
});

function addListCommand(parent: Command, context: CliContext): void {
  itemCommand(parent, "list")
    .description("show id, title and size (bytes on the card) of each item")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  cardsync items list contacts\n  cardsync items list notes --json",
    )
    .action(async (database: DatastoreName, options: ItemOptions & { json?: true }) => {
      const items = await withOperations(context, { ...options, makesCard: true }, (each) =>
        each.itemsList(place(database, options)),
      );
      if (options.json === true) {
        printJson(context.stdout, items);
        return;
      }
      const rows = items.map((each) => [String(each.id), String(each.size), each.title]);
      printTable(context.stdout, ["ID", "SIZE", "TITLE"], rows);
    });
}

function addExportCommand(parent: Command, context: CliContext): void {
  itemCommand(parent, "export")
    .argument("<path>", "folder for a file each; or one .vcf or .ics file for all")
    .description("write items as vCard, iCalendar or text")
    .addHelpText(
      "after",
      "\nExamples:\n  cardsync items export contacts backup/\n  cardsync items export calendar all.ics",
    )
    .action(async (database: DatastoreName, path: string, options: ItemOptions) => {
      const files = await withOperations(context, { ...options, makesCard: true }, (each) =>
        each.itemsExport(place(database, options)),
      );
      writeItemFiles(path, files);
      printLine(context.stderr, `${String(files.length)} items written to ${path}`);
    });
}

function addImportCommand(parent: Command, context: CliContext): void {
  itemCommand(parent, "import")
    .argument("<path>", ".vcf, .ics or .txt file, or a folder of them")
    .description("add items to the card; every peer gets them with its next sync")
    .addHelpText(
      "after",
      "\nExamples:\n  cardsync items import contacts people.vcf\n  cardsync items import notes notes/",
    )
    .action(async (database: DatastoreName, path: string, options: ItemOptions) => {
      const files = readItemFiles(path, database);
      const result = await withOperations(context, { ...options, makesCard: true }, (each) =>
        each.itemsImport({ ...place(database, options), files: [...files] }),
      );
      printLine(context.stderr, `${String(result.imported)} items imported`);
      for (const problem of result.problems) printLine(context.stderr, problem);
      if (result.problems.length > 0) {
        throw new BridgeError("BRIDGE_CONVERSION", "Not everything could be imported.");
      }
    });
}

function addDeleteCommand(parent: Command, context: CliContext): void {
  itemCommand(parent, "delete")
    .argument("<id>", "as `items list` shows it", parseId)
    .description("delete an item; every peer loses it with its next sync")
    .option("--yes", "do not ask", false)
    .addHelpText("after", "\nExamples:\n  cardsync items delete notes 12 --yes")
    .action(
      async (database: DatastoreName, id: number, options: ItemOptions & { yes: boolean }) => {
        await confirm(context, `Delete item ${String(id)} of ${database}?`, options.yes);
        await withOperations(context, { ...options, makesCard: true }, (each) =>
          each.itemsDelete({ ...place(database, options), id }),
        );
      },
    );
}

function parseId(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (id > 0) return id;
  throw new InvalidArgumentError("A whole number above zero is needed.");
}
