import { type Command, InvalidArgumentError } from "commander";
import { openVirtualCard, serveVpcd, VPCD_PORT } from "../../card/index.ts";
import { makeVirtualCard } from "../cards/make-virtual-card.ts";
import { type VirtualCardFile, VirtualCards } from "../cards/virtual-cards.ts";
import type { LoadedConfig } from "../config/load.ts";
import { BridgeError } from "../errors.ts";
import { tryLockFolder } from "../store/folder-lock.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions, loadFolderConfig } from "./folder-options.ts";
import { printLine } from "./output.ts";

interface ServeOptions extends FolderOptions {
  readonly host: string;
  readonly port: number;
}

/** `cardsync card serve` */
export function addCardServeCommand(card: Command, context: CliContext): void {
  addFolderOptions(card.command("serve [name]"))
    .description("put a virtual card into a virtual reader (vpcd), as if it were a real one")
    .option("--host <host>", "where the reader listens", "127.0.0.1")
    .option("--port <number>", "the reader's port", parsePort, VPCD_PORT)
    .addHelpText(
      "after",
      `
Runs until it is stopped, which takes the card out. NAME is a virtual card of the data folder, such as card-1; one is made
where the folder has none. The folder must be another one than that of the service that uses the reader.

Examples:
  cardsync card serve --data ~/pocket
  cardsync card serve card-2 --data ~/pocket --port 35964`,
    )
    .action(async (name: string | undefined, options: ServeOptions) => {
      await serveCard(context, loadFolderConfig(context, options), { name, ...options });
    });
}

async function serveCard(
  context: CliContext,
  loaded: LoadedConfig,
  wish: { readonly name: string | undefined; readonly host: string; readonly port: number },
): Promise<void> {
  const lock = tryLockFolder(loaded.dataDir);
  if (lock === undefined) {
    const why = `Another process holds ${loaded.dataDir}, and a card can only be in one place`;
    throw new BridgeError("BRIDGE_BUSY", `${why}: stop it, or give another folder by --data.`);
  }
  try {
    const file = await pickFile(new VirtualCards(loaded.dataDir), wish.name, loaded);
    await serveUntilStopped(context, file, wish);
  } finally {
    lock.release();
  }
}

async function pickFile(
  files: VirtualCards,
  name: string | undefined,
  { config, dataDir }: LoadedConfig,
): Promise<VirtualCardFile> {
  const all = files.list();
  if (all.length === 0 && name === undefined)
    return makeVirtualCard(files, { sizeKb: config.card.sizeKb });
  const [file, second] = all.filter((each) => name === undefined || each.name === name);
  if (file !== undefined && second === undefined) return file;
  const known = all.map((each) => each.name).join(", ");
  throw new BridgeError("BRIDGE_USAGE", `Which card is meant? In ${dataDir} there are: ${known}.`);
}

async function serveUntilStopped(
  context: CliContext,
  file: VirtualCardFile,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  const transport = await openVirtualCard(file.path);
  const stop = new AbortController();
  void context.stopRequested().then(() => {
    stop.abort();
  });
  const where = `${host}:${String(port)}`;
  let isMissed = false;
  try {
    await serveVpcd(transport, {
      host,
      port,
      signal: stop.signal,
      listener: (event) => {
        if (event.type === "inserted") {
          printLine(context.stdout, `${file.name} is in the reader at ${where}`);
        } else if (!isMissed) {
          printLine(context.stderr, `cardsync: there is no reader at ${where}; trying again`);
        }
        isMissed = event.type === "noReader";
      },
    });
  } finally {
    await transport.close();
  }
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("A number from 1 to 65535 is needed.");
}
