import type { Command } from "commander";
import { BridgeError } from "../errors.ts";
import { newPassword } from "../store/new-password.ts";
import { askSecret, confirm, readPassword } from "./ask.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printLine, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

interface PasswordOptions extends FolderOptions {
  readonly passwordStdin?: true;
  readonly auth?: readonly string[];
}

/** `cardsync user add|list|password|remove|card|identify` */
export function addUserCommand(program: Command, context: CliContext): void {
  const user = program.command("user").description("who may synchronize");
  addPasswordCommand(user, context, "add");
  addPasswordCommand(user, context, "password");
  addListCommand(user, context);
  addRemoveCommand(user, context);
  addCardCommand(user, context);
  addIdentifyCommand(user, context);
}

const AUTH_HELP = `
Schemes of --auth:
  basic    name and password, as they are
  md5      a digest of SyncML 1.1 and 1.2
  hmac     a digest of every message, in the transport header x-syncml-hmac
  md5-1.0  the digest of SyncML 1.0; the password itself is kept for it, encrypted
Without --auth a new user has basic and md5, and one whose password changes has what it had.
`;

const listOf = (text: string): readonly string[] => text.split(",").map((each) => each.trim());

const PASSWORD_COMMANDS = {
  add: { operation: "userAdd", description: "let somebody in" },
  password: { operation: "userPassword", description: "change a password" },
} as const;

function addPasswordCommand(
  parent: Command,
  context: CliContext,
  name: keyof typeof PASSWORD_COMMANDS,
): void {
  const { operation, description } = PASSWORD_COMMANDS[name];
  addFolderOptions(parent.command(`${name} <name>`))
    .description(description)
    .option("--password-stdin", "read the password from stdin; without it one is made and printed")
    .option("--auth <schemes>", "how the user may come in: some of those below, by commas", listOf)
    .addHelpText(
      "after",
      `${AUTH_HELP}\nExamples:\n  cardsync user ${name} ada\n  cardsync user ${name} ada --auth md5,hmac --password-stdin < password.txt`,
    )
    .action(async (user: string, options: PasswordOptions) => {
      const isGiven = options.passwordStdin === true;
      const password = isGiven ? await readPassword(context) : newPassword();
      const auth = options.auth === undefined ? {} : { auth: [...options.auth] };
      await withOperations(context, options, (each) =>
        each[operation]({ name: user, password, ...auth }),
      );
      if (!isGiven) printLine(context.stdout, password);
    });
}

function addListCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("list"))
    .description("show users, their cards and devices")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync user list\n  cardsync user list --json")
    .action(async (options: FolderOptions & { json?: true }) => {
      const users = await withOperations(context, options, (each) => each.userList({}));
      if (options.json === true) {
        printJson(context.stdout, users);
        return;
      }
      const rows = users.map((each) => [
        each.name,
        each.card ?? "any",
        each.auth.join(", "),
        each.devices.join(", "),
      ]);
      printTable(context.stdout, ["USER", "CARD", "AUTH", "DEVICES"], rows);
    });
}

function addRemoveCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("remove <name>"))
    .description("let somebody in no longer; the card keeps its items")
    .option("--yes", "do not ask", false)
    .addHelpText(
      "after",
      "\nExamples:\n  cardsync user remove ada\n  cardsync user remove ada --yes",
    )
    .action(async (name: string, options: FolderOptions & { yes: boolean }) => {
      await confirm(context, `Remove the user "${name}"?`, options.yes);
      await withOperations(context, options, (each) => each.userRemove({ name }));
    });
}

function addCardCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("card <name> [card]"))
    .description("bind a user to a card, by its label or uuid; without one the binding is undone")
    .addHelpText(
      "after",
      "\nExamples:\n  cardsync user card ada 0011223344556677\n  cardsync user card ada",
    )
    .action(async (name: string, card: string | undefined, options: FolderOptions) => {
      await withOperations(context, options, (each) => each.userCard({ name, card: card ?? null }));
    });
}

interface IdentifyOptions extends FolderOptions {
  readonly as?: string;
  readonly passwordStdin?: true;
  readonly device?: string;
  readonly none?: true;
}

function addIdentifyCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("identify <name>"))
    .description("who we are to a user's devices, where they ask")
    .option("--as <own-name>", "our name, as it is set in the device")
    .option("--password-stdin", "read our password from stdin instead of asking for it")
    .option("--device <id>", "one device (DevID); all of the user's without it")
    .option("--none", "have none any more")
    .addHelpText(
      "after",
      "\nExamples:\n  cardsync user identify ada --as cardsync\n  cardsync user identify ada --as cardsync --password-stdin < password.txt\n  cardsync user identify ada --device IMEI:12345 --none",
    )
    .action(async (name: string, options: IdentifyOptions) => {
      const own = options.none === true ? null : await ownCredentials(context, options);
      const device = options.device === undefined ? {} : { device: options.device };
      await withOperations(context, options, (each) => each.userIdentify({ name, own, ...device }));
    });
}

async function ownCredentials(
  context: CliContext,
  { as: name, passwordStdin }: IdentifyOptions,
): Promise<{ readonly name: string; readonly password: string }> {
  if (name === undefined)
    throw new BridgeError("BRIDGE_USAGE", "Give our name by --as, or --none to have none.");
  const isStdin = passwordStdin === true;
  const password = isStdin ? await readPassword(context) : await askSecret(context, "Password");
  return { name, password };
}
