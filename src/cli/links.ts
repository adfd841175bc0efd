import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

const HEADING = ["CARD", "DATABASE", "USER", "DEVICE", "ITEMS", "LAST SYNC", "NEXT IS SLOW"];

/** `cardsync links` */
export function addLinksCommand(program: Command, context: CliContext): void {
  addFolderOptions(program.command("links"))
    .description("show which devices hold a common past with which card")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync links\n  cardsync links --json")
    .action(async (options: FolderOptions & { json?: true }) => {
      const links = await withOperations(context, options, (each) => each.links({}));
      if (options.json === true) {
        printJson(context.stdout, links);
        return;
      }
      const rows = links.map((each) => [
        each.card,
        each.database,
        each.user,
        each.device,
        String(each.items),
        each.lastSync ?? "never",
        each.nextIsSlow ?? "",
      ]);
      printTable(context.stdout, HEADING, rows);
    });
}
