import type { Command } from "commander";
import type { CardPlace } from "../control/card-place.ts";
import { askSecret, readPassword } from "./ask.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printLine, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

/** `cardsync card list|unlock` */
export function addCardReaderCommands(card: Command, context: CliContext): void {
  addListCommand(card, context);
  addUnlockCommand(card, context);
}

function addListCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("list"))
    .description("show readers and the cards in them")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync card list\n  cardsync card list --json")
    .action(async ({ json, ...options }: FolderOptions & { readonly json?: true }) => {
      const found = await withOperations(context, options, (each) => each.cardList({}));
      if (json === true) {
        printJson(context.stdout, found);
        return;
      }
      const rows = found.places.map((place) => [
        place.reader,
        place.kind,
        describeState(place),
        place.card?.uuid ?? "",
        place.card?.label ?? "",
      ]);
      printTable(context.stdout, ["READER", "KIND", "STATE", "CARD", "LABEL"], rows);
      for (const { kind, reason } of found.offline)
        printLine(context.stderr, `cardsync: no ${kind} readers: ${reason}`);
    });
}

function describeState({ state, pinTriesLeft, hint }: CardPlace): string {
  const tries = pinTriesLeft === undefined ? "" : `, ${String(pinTriesLeft)} tries left`;
  return `${state === "transportPin" ? "new" : state}${tries}${hint === undefined ? "" : ` (${hint})`}`;
}

interface UnlockOptions extends FolderOptions {
  readonly pinStdin?: true;
  readonly lastTry?: true;
}

function addUnlockCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("unlock [reader]"))
    .description("give the running service the PIN of a card; it keeps it in memory only")
    .option("--pin-stdin", "read the PIN from stdin instead of asking for it")
    .option("--last-try", "use the PIN's last try, too")
    .addHelpText(
      "after",
      `
READER is the reader's name or part of it, where several cards are locked.

Examples:
  cardsync card unlock
  cardsync card unlock "ACS ACR39U" --pin-stdin < pin.txt`,
    )
    .action(async (reader: string | undefined, options: UnlockOptions) => {
      const isStdin = options.pinStdin === true;
      const pin = isStdin ? await readPassword(context) : await askSecret(context, "PIN");
      const { uuid, label } = await withOperations(context, options, (each) =>
        each.cardUnlock({
          pin,
          useLastTry: options.lastTry === true,
          ...(reader === undefined ? {} : { reader }),
        }),
      );
      printLine(context.stdout, `${uuid}  ${label}`);
    });
}
