import { type Command, InvalidArgumentError } from "commander";
import type { HistoryView } from "../bridge/history-view.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { addHistoryShowCommand } from "./history-show.ts";
import { addHistoryUndoCommand } from "./history-undo.ts";
import { printJson, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

const HEADING = [
  "SYNC",
  "ENDED",
  "PEER",
  "DATASTORE",
  "TYPE",
  "SENT",
  "RECEIVED",
  "OUTCOME",
  "REASON",
];

const EXAMPLES = `
Examples:
  cardsync history                    past syncs, newest first
  cardsync history show 12 --titles   what sync 12 did, item by item
  cardsync history undo 12 --dry-run  what would be put back`;

/** `cardsync history [list]|show|undo` */
export function addHistoryCommand(program: Command, context: CliContext): void {
  const history = program
    .command("history")
    .description("past syncs, what they did, and the way back")
    .addHelpText("after", EXAMPLES);
  addFolderOptions(history.command("list", { isDefault: true }))
    .description("show past syncs, newest first; counts are added/changed/deleted/failed")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync history\n  cardsync history list --json")
    .action(async (options: FolderOptions & { json?: true }) => {
      const syncs = await withOperations(context, options, (each) => each.history({}));
      if (options.json === true) printJson(context.stdout, syncs);
      else printTable(context.stdout, HEADING, syncs.map(toRow));
    });
  addHistoryShowCommand(history, context, parseSync);
  addHistoryUndoCommand(history, context, parseSync);
}

const toRow = (sync: HistoryView): readonly string[] => [
  String(sync.id),
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

function parseSync(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (id > 0) return id;
  throw new InvalidArgumentError("A sync's number is needed, as `cardsync history` shows it.");
}
