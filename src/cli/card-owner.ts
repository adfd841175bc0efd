import type { Command } from "commander";
import type { CardPeer, WipeReport } from "../control/card-reports.ts";
import { BridgeError } from "../errors.ts";
import { confirm } from "./ask.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printLine, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

interface CardOptions extends FolderOptions {
  readonly card?: string;
  readonly json?: true;
}

interface DangerousOptions extends CardOptions {
  readonly yes: boolean;
  readonly dryRun?: true;
}

/** @returns the part of an operation's arguments that names a card */
export const cardArgument = (card: string | undefined): { readonly card?: string } =>
  card === undefined ? {} : { card };

/** `cardsync card label|peers|forget|wipe|doctor` */
export function addCardOwnerCommands(card: Command, context: CliContext): void {
  addLabelCommand(card, context);
  addPeersCommand(card, context);
  addForgetCommand(card, context);
  addWipeCommand(card, context);
  addDoctorCommand(card, context);
}

export const addCardOption = (command: Command): Command =>
  addFolderOptions(command).option("--card <name>", "label or uuid, where there are several");

function addLabelCommand(parent: Command, context: CliContext): void {
  addCardOption(parent.command("label <label>"))
    .description("name a card, as URLs use it: /syncml/LABEL")
    .addHelpText("after", "\nExamples:\n  cardsync card label ada")
    .action(async (label: string, { card, ...options }: CardOptions) => {
      await withOperations(context, options, (each) =>
        each.cardLabel({ ...cardArgument(card), label }),
      );
    });
}

function addPeersCommand(parent: Command, context: CliContext): void {
  addCardOption(parent.command("peers"))
    .description("show with whom the card itself remembers to have synchronized")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync card peers\n  cardsync card peers --json")
    .action(async ({ card, json, ...options }: CardOptions) => {
      const peers = await withOperations(context, options, (each) =>
        each.cardPeers(cardArgument(card)),
      );
      if (json === true) printJson(context.stdout, peers);
      else printPeers(context, peers);
    });
}

function printPeers({ stdout }: CliContext, peers: readonly CardPeer[]): void {
  const rows = peers.map(({ database, tag, commits, holds, user, device }) => [
    database,
    tag,
    user === undefined ? "unknown here" : `${user}@${device ?? ""}`,
    String(commits),
    holds.join(", "),
  ]);
  printTable(stdout, ["DATABASE", "TAG", "PEER", "SYNCS", "KEEPS"], rows);
}

function addForgetCommand(parent: Command, context: CliContext): void {
  addCardOption(parent.command("forget <peer>"))
    .description("let the card forget a peer: its next sync compares everything, and loses nothing")
    .option("--yes", "do not ask", false)
    .addHelpText(
      "after",
      `
PEER is a tag or a device as \`card peers\` shows them, or "all".

Examples:
  cardsync card forget IMEI:490154203237518
  cardsync card forget all --yes`,
    )
    .action(async (peer: string, { card, yes, ...options }: DangerousOptions) => {
      await confirm(context, `Let the card forget ${peer}?`, yes);
      const forgotten = await withOperations(context, options, (each) =>
        each.cardForget({ ...cardArgument(card), peer }),
      );
      printLine(context.stderr, `${String(forgotten.length)} forgotten`);
    });
}

function addWipeCommand(parent: Command, context: CliContext): void {
  addCardOption(parent.command("wipe"))
    .description("erase everything on a card but its PIN and PUK")
    .option("--yes", "do not ask", false)
    .option("--dry-run", "only say what would be lost")
    .addHelpText(
      "after",
      "\nExamples:\n  cardsync card wipe --dry-run\n  cardsync card wipe --card ada --yes",
    )
    .action(async ({ card, yes, dryRun, ...options }: DangerousOptions) => {
      const wipe = (isDry: boolean): Promise<WipeReport> =>
        withOperations(context, options, (each) =>
          each.cardWipe({ ...cardArgument(card), dryRun: isDry }),
        );
      const loss = describeLoss(await wipe(true));
      if (dryRun === true) {
        printLine(context.stdout, loss);
        return;
      }
      await confirm(context, `${loss}\nErase it all?`, yes);
      await wipe(false);
      printLine(context.stderr, "The card is empty. Every peer's next sync compares everything.");
    });
}

function describeLoss({ label, items, peers }: WipeReport): string {
  const counts = Object.entries(items).map(([name, count]) => `${String(count)} ${name}`);
  return `On the card "${label}" are ${counts.join(", ")}; it knows ${String(peers)} peers.`;
}

function addDoctorCommand(parent: Command, context: CliContext): void {
  addCardOption(parent.command("doctor"))
    .description("read all of a card and report what is not as it should be")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nEnds with 1 where contents are lost or the card breaks its protocol.\n\nExamples:\n  cardsync card doctor",
    )
    .action(async ({ card, json, ...options }: CardOptions) => {
      const findings = await withOperations(context, options, (each) =>
        each.cardDoctor(cardArgument(card)),
      );
      if (json === true) printJson(context.stdout, findings);
      else
        for (const { severity, text } of findings)
          printLine(context.stdout, `${severity}: ${text}`);
      const errors = findings.filter(({ severity }) => severity === "error").length;
      if (errors > 0)
        throw new BridgeError(
          "BRIDGE_STORE",
          `${String(errors)} errors. What can be read: cardsync card backup; then card wipe and card restore.`,
        );
      printLine(context.stderr, "The card is sound.");
    });
}
