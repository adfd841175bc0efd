import { type Command, Option } from "commander";
import { BridgeError } from "../errors.ts";
import type { PeerSettings, PeerView } from "../peers/peer.ts";
import { PEER_TEMPLATE_NAMES, PEER_TEMPLATES, type PeerTemplateName } from "../peers/templates.ts";
import { askSecret, confirm, readPassword } from "./ask.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printLine, printTable } from "./output.ts";
import { addPeerOptions, type PeerOptions, settingsIn } from "./peer-options.ts";
import { withOperations } from "./with-operations.ts";

/** `cardsync peer add|edit|list|show|remove` */
export function addPeerCommand(program: Command, context: CliContext): void {
  const peer = program.command("peer").description("SyncML servers that the card is taken to");
  addAddCommand(peer, context);
  addEditCommand(peer, context);
  addListCommand(peer, context);
  addShowCommand(peer, context);
  addRemoveCommand(peer, context);
}

const templates = Object.entries(PEER_TEMPLATES)
  .map(([name, { description, isTested }]) => {
    const untested = isTested ? "" : " (untested)";
    return `  ${name.padEnd(13)} ${description}${untested}`;
  })
  .join("\n");

const ADD_HELP = `
Templates:
${templates}

Without --datastore all four of the template are synchronized; with it, only those that are named.

Examples:
  cardsync peer add home --url https://sync.example.org/syncml --user ada
  cardsync peer add work --template funambol --url http://host:8080/funambol/ds --user ada --password-stdin < password.txt
  cardsync peer add evo --url http://localhost:9000/syncevolution --user ada --datastore contacts=addressbook`;

interface AddOptions extends PeerOptions {
  readonly template: PeerTemplateName;
}

function addAddCommand(parent: Command, context: CliContext): void {
  addPeerOptions(addFolderOptions(parent.command("add <name>")))
    .description("name a server")
    .addOption(
      new Option("--template <template>", "what kind of server it is")
        .choices(PEER_TEMPLATE_NAMES)
        .default("generic"),
    )
    .addHelpText("after", ADD_HELP)
    .action(async (name: string, options: AddOptions) => {
      const { url, user } = options;
      if (url === undefined || user === undefined)
        throw new BridgeError("BRIDGE_USAGE", "A new peer needs --url and --user.");
      const template = PEER_TEMPLATES[options.template];
      const settings: PeerSettings = {
        type: "two-way",
        card: null,
        caFile: null,
        mayRefreshCard: false,
        ...template.settings,
        url,
        user,
        ...settingsIn(options, template.settings.datastores),
      };
      const password = await givenPassword(context, options);
      const card = cardIn(options);
      await withOperations(context, options, (each) =>
        each.peerAdd({ name, settings, password, ...card }),
      );
      if (!template.isTested)
        printLine(context.stderr, `The template "${options.template}" is untested.`);
    });
}

const EDIT_HELP = `
What is not given stays. --datastore replaces all datastores.

Examples:
  cardsync peer edit home --type one-way-to-card
  cardsync peer edit home --password-stdin < password.txt`;

function addEditCommand(parent: Command, context: CliContext): void {
  addPeerOptions(addFolderOptions(parent.command("edit <name>")))
    .description("change what is set for a server")
    .addHelpText("after", EDIT_HELP)
    .action(async (name: string, options: PeerOptions) => {
      const isSecret = options.passwordStdin === true;
      const password = isSecret ? { password: await readPassword(context) } : {};
      await withOperations(context, options, async (each) => {
        const before = (await each.peerList({})).find((peer) => peer.name === name);
        const changes = settingsIn(options, before?.datastores ?? {});
        return each.peerEdit({ name, changes, ...password, ...cardIn(options) });
      });
    });
}

/** `any` undoes the binding. */
const cardIn = ({ card }: PeerOptions): { readonly card?: string | null } =>
  card === undefined ? {} : { card: card === "any" ? null : card };

const givenPassword = (context: CliContext, { passwordStdin }: PeerOptions): Promise<string> =>
  passwordStdin === true ? readPassword(context) : askSecret(context, "Password");

type ListOptions = FolderOptions & { readonly json?: true };

function addListCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("list"))
    .description("show all servers")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync peer list\n  cardsync peer list --json")
    .action(async (options: ListOptions) => {
      const peers = await withOperations(context, options, (each) => each.peerList({}));
      if (options.json === true) {
        printJson(context.stdout, peers);
        return;
      }
      const rows = peers.map((each) => [
        each.name,
        each.url,
        each.user,
        Object.keys(each.datastores).join(", "),
        each.type,
        each.card ?? "any",
      ]);
      printTable(context.stdout, ["PEER", "URL", "USER", "DATASTORES", "TYPE", "CARD"], rows);
    });
}

function addShowCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("show <name>"))
    .description("show all that is set for a server, but its password")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  cardsync peer show home")
    .action(async (name: string, options: ListOptions) => {
      const peers = await withOperations(context, options, (each) => each.peerList({}));
      const peer = peers.find((each) => each.name === name);
      if (peer === undefined)
        throw new BridgeError("BRIDGE_NOT_FOUND", `There is no peer "${name}".`);
      if (options.json === true) printJson(context.stdout, peer);
      else printTable(context.stdout, ["SETTING", "VALUE"], rowsOf(peer));
    });
}

function rowsOf({ createdAtMs, datastores, ...peer }: PeerView): readonly (readonly string[])[] {
  return [
    ...Object.entries(peer).map(([name, value]) => [name, value === null ? "-" : String(value)]),
    ...Object.entries(datastores).map(([name, uri]) => [name, uri]),
    ["created", new Date(createdAtMs).toISOString()],
  ];
}

function addRemoveCommand(parent: Command, context: CliContext): void {
  addFolderOptions(parent.command("remove <name>"))
    .description("forget a server; card and server keep their items")
    .option("--yes", "do not ask", false)
    .addHelpText("after", "\nExamples:\n  cardsync peer remove home --yes")
    .action(async (name: string, options: FolderOptions & { yes: boolean }) => {
      await confirm(context, `Remove the peer "${name}"?`, options.yes);
      await withOperations(context, options, (each) => each.peerRemove({ name }));
    });
}
