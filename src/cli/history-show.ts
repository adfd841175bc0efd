import type { Command } from "commander";
import type { SyncView } from "../bridge/history-view.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printLine, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

interface ShowOptions extends FolderOptions {
  readonly json?: true;
  readonly titles?: true;
}

const HEADING = ["FROM", "ASKED", "DONE", "STATUS", "RECORD", "LUID"];

/** `cardsync history show` */
export function addHistoryShowCommand(
  history: Command,
  context: CliContext,
  parseSync: (text: string) => number,
): void {
  addFolderOptions(history.command("show"))
    .argument("<sync>", "its number, as `cardsync history` shows it", parseSync)
    .description("show what happened to each item of a sync, and why the sync was of its type")
    .option("--titles", "show the items' titles, too")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
FROM says who sent the item: the peer, the card, or its owner (an undo).
DONE "sent" without more: no answer came. STATUS is SyncML's, with its meaning where it is no plain success.

Examples:
  cardsync history show 12
  cardsync history show 12 --titles
  cardsync history show 12 --json`,
    )
    .action(async (sync: number, options: ShowOptions) => {
      const withTitles = options.titles === true;
      const view = await withOperations(context, options, (each) =>
        each.historyShow({ sync, withTitles }),
      );
      if (options.json === true) printJson(context.stdout, view);
      else printSync(context, view, withTitles);
    });
}

function printSync({ stdout }: CliContext, view: SyncView, withTitles: boolean): void {
  const reason = view.reason === "" ? "" : ` (${view.reason})`;
  printTable(
    stdout,
    ["SYNC", String(view.id)],
    [
      ["with", `${view.peer}, ${view.datastore}`],
      ["started", view.started],
      ["ended", view.ended],
      ["asked", view.typeAsked],
      ["done", view.typeDone],
      ["why", view.why],
      ["outcome", `${view.outcome}${reason}`],
      ["undo", view.undo],
      ...(view.undoOf === null ? [] : [["undoes", String(view.undoOf)]]),
      ...(view.backupItems === null ? [] : [["backup", `${String(view.backupItems)} items`]]),
    ],
  );
  if (view.items.length > 0) printLine(stdout, "");
  const rows = view.items.map((item) => [
    item.side,
    item.asked,
    item.done,
    [item.status, item.reason].filter((part) => part !== undefined).join(" "),
    String(item.recordId ?? ""),
    item.luid ?? "",
    ...(withTitles ? [item.title ?? ""] : []),
  ]);
  printTable(stdout, withTitles ? [...HEADING, "TITLE"] : HEADING, rows);
  if (view.itemsLeftOut > 0)
    printLine(stdout, `and ${String(view.itemsLeftOut)} more, of which nothing is kept`);
}
