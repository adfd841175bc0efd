import { existsSync, readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { type CardUuid, openBackup, sealBackup } from "../../card/index.ts";
import { LIMITS } from "../config/limits.ts";
import { type CardContents, fromContents, toContents } from "../control/card-contents.ts";
import { BridgeError } from "../errors.ts";
import { writePrivateFile } from "../store/private-file.ts";
import { askSecret, confirm, readPassword } from "./ask.ts";
import { addCardOption, cardArgument } from "./card-owner.ts";
import type { CliContext } from "./context.ts";
import type { FolderOptions } from "./folder-options.ts";
import { printLine } from "./output.ts";
import { progressOn } from "./progress.ts";
import { withOperations } from "./with-operations.ts";

interface BackupOptions extends FolderOptions {
  readonly card?: string;
  readonly passphraseStdin?: true;
  readonly force?: true;
}

interface RestoreOptions extends BackupOptions {
  readonly yes: boolean;
  readonly dryRun?: true;
}

const SHORTEST = 8;

/** `cardsync card backup|restore` */
export function addCardBackupCommands(card: Command, context: CliContext): void {
  addBackupCommand(card, context);
  addRestoreCommand(card, context);
}

function addBackupCommand(parent: Command, context: CliContext): void {
  addCardOption(parent.command("backup <file>"))
    .description("write all that is on a card to a file that only a pass phrase opens")
    .option("--passphrase-stdin", "read the pass phrase from stdin instead of asking for it")
    .option("--force", "replace the file if it is there")
    .addHelpText(
      "after",
      "\nExamples:\n  cardsync card backup ada.backup\n  cardsync card backup ada.backup --passphrase-stdin < phrase.txt",
    )
    .action(async (file: string, { card, force, ...options }: BackupOptions) => {
      if (existsSync(file) && force !== true)
        throw new BridgeError("BRIDGE_REFUSED", `${file} is there already: --force replaces it.`);
      const passPhrase = await askPassPhrase(context, options, true);
      const contents = await withOperations(context, options, (each) =>
        each.cardBackup(cardArgument(card)),
      );
      const uuid = contents.uuid as CardUuid;
      const backup = { uuid, madeAtMs: Date.now(), databases: fromContents(contents) };
      writePrivateFile(file, await sealBackup(backup, passPhrase));
      printLine(context.stderr, `${String(countItems(contents))} items in ${file}`);
    });
}

function addRestoreCommand(parent: Command, context: CliContext): void {
  addCardOption(parent.command("restore <file>"))
    .description("erase a card and put what a backup holds on it")
    .option("--passphrase-stdin", "read the pass phrase from stdin instead of asking for it")
    .option("--yes", "do not ask", false)
    .option("--dry-run", "only say what would be lost and restored")
    .addHelpText(
      "after",
      `
The file and the card's room are checked before anything is erased. Every peer's next sync compares everything, and
loses nothing. If it is interrupted, do it again.

Examples:
  cardsync card restore ada.backup --dry-run
  cardsync card restore ada.backup`,
    )
    .action(async (file: string, { card, yes, dryRun, ...options }: RestoreOptions) => {
      const passPhrase = await askPassPhrase(context, options, false);
      const contents = await openContents(file, passPhrase);
      const progress = progressOn(context.stderr);
      const restore = (isDry: boolean): Promise<{ lost: number; restored: number }> =>
        withOperations(context, options, (each) =>
          each.cardRestore(
            { ...cardArgument(card), contents, dryRun: isDry },
            { progress: progress.show },
          ),
        );
      const { lost, restored } = await restore(true);
      const plan = `${String(lost)} items on the card go, ${String(restored)} of the backup come.`;
      if (dryRun === true) {
        printLine(context.stdout, plan);
        return;
      }
      await confirm(context, `${plan} Erase the card and restore it?`, yes);
      printLine(context.stderr, "Restoring; leave the card where it is.");
      await restore(false).finally(progress.clear);
      printLine(context.stderr, `${String(restored)} items restored`);
    });
}

async function askPassPhrase(
  context: CliContext,
  { passphraseStdin }: BackupOptions,
  isNew: boolean,
): Promise<string> {
  const isStdin = passphraseStdin === true;
  const phrase = isStdin ? await readPassword(context) : await askSecret(context, "Pass phrase");
  if (!isNew) return phrase;
  if (phrase.length < SHORTEST)
    throw new BridgeError(
      "BRIDGE_USAGE",
      `A pass phrase has ${String(SHORTEST)} characters or more.`,
    );
  if (!isStdin && (await askSecret(context, "Pass phrase again")) !== phrase)
    throw new BridgeError("BRIDGE_USAGE", "The two are not the same. Nothing is written.");
  return phrase;
}

/** @throws BridgeError BRIDGE_USAGE where it is no backup, is damaged, or the pass phrase is another one */
async function openContents(file: string, passPhrase: string): Promise<CardContents> {
  const opened = await openBackup(readBackup(file), passPhrase);
  switch (opened.type) {
    case "opened":
      return toContents(opened.backup.databases);
    case "notABackup":
      throw new BridgeError("BRIDGE_USAGE", `${file} is no backup of a card.`);
    case "newerVersion":
      throw new BridgeError("BRIDGE_USAGE", `${file} was made by a newer version.`);
    case "wrongPassphraseOrDamaged":
      throw new BridgeError("BRIDGE_USAGE", `The pass phrase is wrong, or ${file} is damaged.`);
  }
}

function readBackup(file: string): Uint8Array {
  try {
    if (statSync(file).size > LIMITS.backupBytes) throw new Error("it is too large");
    return readFileSync(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BridgeError("BRIDGE_USAGE", `${file} cannot be read: ${why}.`, { cause });
  }
}

const countItems = ({ databases }: CardContents): number =>
  databases.reduce((sum, { records }) => sum + records.length, 0);
