import { type Command, InvalidArgumentError } from "commander";
import type { CardInfo } from "../control/operations.ts";
import { LIMITS } from "../config/limits.ts";
import { addCardBackupCommands } from "./card-backup.ts";
import { addCardOwnerCommands } from "./card-owner.ts";
import { addCardPinCommands } from "./card-pin.ts";
import { addCardReaderCommands } from "./card-readers.ts";
import { addCardServeCommand } from "./card-serve.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printLine, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

interface CreateOptions extends FolderOptions {
  readonly size?: number;
  readonly label?: string;
  readonly json?: true;
}

interface InfoOptions extends FolderOptions {
  readonly card?: string;
  readonly json?: true;
}

/** `cardsync card` */
export function addCardCommand(program: Command, context: CliContext): void {
  const card = program.command("card").description("the cards");
  addCreateCommand(card, context);
  addInfoCommand(card, context);
  addCardReaderCommands(card, context);
  addCardPinCommands(card, context);
  addCardOwnerCommands(card, context);
  addCardBackupCommands(card, context);
  addCardServeCommand(card, context);
}

function addCreateCommand(parent: Command, context: CliContext): void {
  const { min, max } = LIMITS.cardSizeRangeKb;
  addFolderOptions(parent.command("create"))
    .description("make a virtual card with a random PIN, which the service keeps and uses itself")
    .option("--size <KB>", `its memory, ${String(min)} to ${String(max)} KB`, parseSize)
    .option("--label <name>", "its name, as URLs use it: /syncml/NAME")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  cardsync card create\n  cardsync card create --size 4096 --label ada",
    )
    .action(async ({ size, label, json, ...options }: CreateOptions) => {
      const wish = {
        ...(size === undefined ? {} : { sizeKb: size }),
        ...(label === undefined ? {} : { label }),
      };
      const made = await withOperations(context, options, (each) => each.cardCreate(wish));
      if (json === true) printJson(context.stdout, made);
      else printLine(context.stdout, `${made.uuid}  ${made.label}  ${String(made.sizeKb)} KB`);
    });
}

function addInfoCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("info"))
    .description("show what is on a card")
    .option("--card <name>", "label or uuid, where there are several")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync card info\n  cardsync card info --json")
    .action(async ({ card, json, ...options }: InfoOptions) => {
      const info = await withOperations(context, { ...options, makesCard: true }, (each) =>
        each.cardInfo(card === undefined ? {} : { card }),
      );
      if (json === true) printJson(context.stdout, info);
      else printInfo(context, info);
    });
}

function printInfo({ stdout }: CliContext, info: CardInfo): void {
  const freeKb = Math.floor((info.free.blocks * info.free.blockSizeBytes) / 1024);
  printLine(stdout, `card       ${info.uuid}  ${info.label}`);
  printLine(stdout, `free       ${String(freeKb)} KB, ${String(info.free.headers)} items`);
  printLine(
    stdout,
    `PIN tries  ${String(info.pinTriesLeft)} left; PUK ${String(info.pukTriesLeft)}`,
  );
  printLine(stdout, `peers      ${String(info.peers)}\n`);
  const rows = info.databases.map((each) => [
    each.name,
    String(each.live),
    String(each.tombstones),
  ]);
  printTable(stdout, ["DATABASE", "ITEMS", "DELETIONS KEPT"], rows);
}

function parseSize(text: string): number {
  const { min, max } = LIMITS.cardSizeRangeKb;
  const size = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (size >= min && size <= max) return size;
  throw new InvalidArgumentError(`A whole number from ${String(min)} to ${String(max)} is needed.`);
}
