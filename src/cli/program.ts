import { Command, CommanderError } from "commander";
import { describeFailure } from "../control/failure.ts";
import { addCardCommand } from "./card.ts";
import { addConfigCommand } from "./config.ts";
import type { CliContext } from "./context.ts";
import { addHistoryCommand } from "./history.ts";
import { addItemsCommand } from "./items.ts";
import { addLinksCommand } from "./links.ts";
import { printLine } from "./output.ts";
import { addPeerCommand } from "./peer.ts";
import { addQuirksCommand } from "./quirks.ts";
import { addScheduleCommand } from "./schedule.ts";
import { addServeCommand } from "./serve.ts";
import { addSyncCommand } from "./sync.ts";
import { addUserCommand } from "./user.ts";
import { VERSION } from "../version.ts";

const USAGE = 2;

const EXAMPLES = `
Examples:
  cardsync serve                                 start; the first time it says how to connect
  cardsync items list contacts                   what is on the card
  cardsync user add ada --password-stdin < file  let somebody else in
  cardsync history                               what was synchronized

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 5 no card, 6 the card's PIN.
All data lies in one folder: --data DIR, else CARDSYNC_DATA, else cardsync in XDG_DATA_HOME (~/.local/share).`;

/**
 * Runs one command line.
 * @param args without the program's own name
 * @returns the exit code: 0 done, 1 failure, 2 usage, 5 card absent, 6 PIN
 */
export async function runCommand(args: readonly string[], context: CliContext): Promise<number> {
  try {
    await buildProgram(context).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return usageExitCode(error);
    const { message, exitCode } = describeFailure(error);
    printLine(context.stderr, `cardsync: ${message}`);
    return exitCode;
  }
}

/** Commander has printed the help or its complaint by itself. What was asked for is a success. */
const usageExitCode = ({ code }: CommanderError): number =>
  code === "commander.helpDisplayed" || code === "commander.version" ? 0 : USAGE;

function buildProgram(context: CliContext): Command {
  const program = new Command("cardsync")
    .description(
      "Contacts, events, tasks and notes on a smartcard, for everything that speaks SyncML",
    )
    .version(VERSION)
    // `peer add --version 1.1` is the version of SyncML, not a question for ours.
    .enablePositionalOptions()
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(--help shows what is possible)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  addServeCommand(program, context);
  addUserCommand(program, context);
  addCardCommand(program, context);
  addItemsCommand(program, context);
  addLinksCommand(program, context);
  addHistoryCommand(program, context);
  addPeerCommand(program, context);
  addSyncCommand(program, context);
  addScheduleCommand(program, context);
  addConfigCommand(program, context);
  addQuirksCommand(program, context);
  return program;
}
