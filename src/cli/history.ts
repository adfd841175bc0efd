import type { Command } from "commander";
import type { HistoryView } from "../bridge/bridge.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

const HEADING = ["ENDED", "PEER", "DATASTORE", "TYPE", "SENT", "RECEIVED", "OUTCOME", "REASON"];

/** `cardsync history` */
export function addHistoryCommand(program: Command, context: CliContext): void {
  addFolderOptions(program.command("history"))
    .description("show past syncs, newest first; counts are added/changed/deleted/failed")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync history\n  cardsync history --json")
    .action(async (options: FolderOptions & { json?: true }) => {
      const syncs = await withOperations(context, options, (each) => each.history({}));
      if (options.json === true) printJson(context.stdout, syncs);
      else printTable(context.stdout, HEADING, syncs.map(toRow));
    });
}

const toRow = (sync: HistoryView): readonly string[] => [
  sync.ended,
  sync.peer,
  sync.datastore,
  sync.typeDone === sync.typeAsked ? sync.typeDone : `${sync.typeAsked} > ${sync.typeDone}`,
  formatCounts(sync.sent),
  formatCounts(sync.received),
  sync.outcome,
  sync.reason,
];

const formatCounts = ({ added, changed, deleted, failed }: HistoryView["sent"]): string =>
  [added, changed, deleted, failed].join("/");
