import type { Command } from "commander";
import type { UndoReport, UndoRow } from "../bridge/undo.ts";
import { BridgeError } from "../errors.ts";
import { confirm } from "./ask.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printLine, printTable } from "./output.ts";
import { progressOn } from "./progress.ts";
import { withOperations } from "./with-operations.ts";

interface UndoOptions extends FolderOptions {
  readonly json?: true;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly yes: boolean;
}

const WHAT: Readonly<Record<UndoRow["what"], string>> = {
  restore: "bring back",
  replace: "former content",
  delete: "delete",
};

const WHY_NOT: Partial<Record<UndoRow["outcome"], string>> = {
  "left alone": "changed since, left alone: --force",
  "no room": "no room on the card",
  "not kept": "its former content was kept in memory only, and is gone",
};

/** `cardsync history undo` */
export function addHistoryUndoCommand(
  history: Command,
  context: CliContext,
  parseSync: (text: string) => number,
): void {
  addFolderOptions(history.command("undo"))
    .argument("<sync>", "its number, as `cardsync history` shows it", parseSync)
    .description("put the card's items back to what they were before a sync")
    .option("--dry-run", "only show what would be done", false)
    .option("--force", "also put back what was changed since that sync", false)
    .option("--yes", "do not ask", false)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Deleted items come back, added ones are deleted, replaced ones get their former content.
Every peer gets that as new changes with its next sync. An undo is in the history like a sync,
and can be undone. One that was interrupted is simply asked for again.

Examples:
  cardsync history undo 12 --dry-run
  cardsync history undo 12
  cardsync history undo 12 --force --yes`,
    )
    .action(async (sync: number, options: UndoOptions) => {
      const { force } = options;
      if (!options.dryRun && !options.yes) await ask(context, sync, options);
      const progress = progressOn(context.stderr);
      const report = await withOperations(context, options, (each) =>
        each.historyUndo({ sync, dryRun: options.dryRun, force }, { progress: progress.show }),
      ).finally(progress.clear);
      if (options.json === true) printJson(context.stdout, report);
      else printReport(context, report);
      expectWhole(report, options.dryRun);
    });
}

/** Shows what would be done before it asks. */
async function ask(context: CliContext, sync: number, options: UndoOptions): Promise<void> {
  const { force } = options;
  const plan = await withOperations(context, options, (each) =>
    each.historyUndo({ sync, dryRun: true, force }),
  );
  if (plan.rows.every(({ outcome }) => outcome !== "to be done")) return;
  if (options.json !== true) printRows(context, plan);
  await confirm(context, `Undo sync ${String(sync)} on ${plan.datastore}?`, false);
}

function printReport(context: CliContext, report: UndoReport): void {
  const { stdout } = context;
  if (report.rows.length === 0) {
    printLine(stdout, "Nothing to undo: the card is as it was before that sync.");
    return;
  }
  printRows(context, report);
  if (report.undo !== null)
    printLine(stdout, `Done, as sync ${String(report.undo)} of the history.`);
}

function printRows({ stdout }: CliContext, { rows, from }: UndoReport): void {
  printTable(
    stdout,
    ["RECORD", "UNDO", "OUTCOME", "TITLE"],
    rows.map((row) => [
      String(row.id),
      WHAT[row.what],
      WHY_NOT[row.outcome] ??
        (row.isChangedSince ? `${row.outcome}, though changed since` : row.outcome),
      row.title,
    ]),
  );
  if (from === "backup")
    printLine(stdout, "From the backup that was made before it; what it added stays.");
}

/** An undo that was stopped has left something to be done. @throws BridgeError BRIDGE_REFUSED for whatever was left */
function expectWhole({ rows }: UndoReport, isDryRun: boolean): void {
  const left = rows.filter(({ outcome }) => outcome !== "done").length;
  if (left > 0 && !isDryRun)
    throw new BridgeError(
      "BRIDGE_REFUSED",
      `${String(left)} items were not put back; see OUTCOME.`,
    );
}
