import type { Command } from "commander";
import { newPassword } from "../store/new-password.ts";
import { confirm, readPassword } from "./ask.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printLine, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

interface PasswordOptions extends FolderOptions {
  readonly passwordStdin?: true;
  readonly md5: boolean;
}

/** `cardsync user add|list|password|remove|card` */
export function addUserCommand(program: Command, context: CliContext): void {
  const user = program.command("user").description("who may synchronize");
  addPasswordCommand(user, context, "add");
  addPasswordCommand(user, context, "password");
  addListCommand(user, context);
  addRemoveCommand(user, context);
  addCardCommand(user, context);
}

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
    .option("--no-md5", "keep nothing that MD5 authentication needs; basic only")
    .addHelpText(
      "after",
      `\nExamples:\n  cardsync user ${name} ada\n  cardsync user ${name} ada --password-stdin < password.txt`,
    )
    .action(async (user: string, options: PasswordOptions) => {
      const isGiven = options.passwordStdin === true;
      const password = isGiven ? await readPassword(context) : newPassword();
      const { md5 } = options;
      await withOperations(context, options, (each) =>
        each[operation]({ name: user, password, md5 }),
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
        each.md5 ? "basic, md5" : "basic",
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
