import type { Command } from "commander";
import { BridgeError } from "../errors.ts";
import { askSecret, readLines } from "./ask.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printLine } from "./output.ts";
import { withOperations } from "./with-operations.ts";

interface PinOptions extends FolderOptions {
  readonly pinStdin?: true;
  readonly lastTry?: true;
}

interface PinCommand {
  readonly description: string;
  /** What is asked for: first what proves the right, then what is to be. */
  readonly asks: readonly [proof: string, fresh: string];
  readonly done: string;
}

const COMMANDS = {
  set: {
    description: "give a new card its own PIN; nothing can be written on it before",
    asks: ["PIN that the card came with", "New PIN"],
    done: "The card has its own PIN now.",
  },
  change: {
    description: "change a card's PIN",
    asks: ["PIN", "New PIN"],
    done: "The PIN is changed.",
  },
  unblock: {
    description: "give a card another PIN by its PUK, after too many wrong ones",
    asks: ["PUK", "New PIN"],
    done: "The card has a new PIN and all its tries.",
  },
  puk: {
    description: "change a card's PUK",
    asks: ["PUK", "New PUK"],
    done: "The PUK is changed.",
  },
} as const satisfies Record<string, PinCommand>;

/** `cardsync card pin set|change|unblock|puk` */
export function addCardPinCommands(card: Command, context: CliContext): void {
  const pin = card.command("pin").description("a card's PIN and PUK");
  for (const what of ["set", "change", "unblock", "puk"] as const)
    addPinCommand(pin, context, what);
}

function addPinCommand(parent: Command, context: CliContext, what: keyof typeof COMMANDS): void {
  const { description, asks, done } = COMMANDS[what];
  addFolderOptions(parent.command(`${what} [card]`))
    .description(description)
    .option("--pin-stdin", `read from stdin instead of asking: ${asks.join(", ")}, a line each`)
    .option("--last-try", "use the last try, too: after a wrong one the card is blocked")
    .addHelpText(
      "after",
      `
CARD is its label or uuid, or its reader's name or part of it, where there are several.

Examples:
  cardsync card pin ${what}
  cardsync card pin ${what} --pin-stdin < lines.txt`,
    )
    .action(async (card: string | undefined, options: PinOptions) => {
      const [proof, fresh] = await askBoth(context, asks, options.pinStdin === true);
      await withOperations(context, options, (each) =>
        each.cardPin({
          what,
          proof,
          fresh,
          useLastTry: options.lastTry === true,
          ...(card === undefined ? {} : { card }),
        }),
      );
      printLine(context.stderr, done);
    });
}

async function askBoth(
  context: CliContext,
  [proofName, freshName]: PinCommand["asks"],
  isStdin: boolean,
): Promise<readonly [proof: string, fresh: string]> {
  if (isStdin) {
    const [proof, fresh] = await readLines(context);
    if (proof !== undefined && fresh !== undefined) return [proof, fresh];
    throw new BridgeError("BRIDGE_USAGE", `Two lines are needed: ${proofName}, ${freshName}.`);
  }
  const proof = await askSecret(context, proofName);
  const fresh = await askSecret(context, freshName);
  if ((await askSecret(context, `${freshName} again`)) === fresh) return [proof, fresh];
  throw new BridgeError("BRIDGE_USAGE", "The two are not the same. Nothing is changed.");
}
