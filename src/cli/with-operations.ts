import { setTimeout as sleep } from "node:timers/promises";
import type { Operations } from "../control/operations.ts";
import { isServiceListening, remoteOperations } from "../control/socket-client.ts";
import { BridgeError } from "../errors.ts";
import { type FolderLock, tryLockFolder } from "../store/folder-lock.ts";
import type { CliContext } from "./context.ts";
import { type FolderOptions, loadFolderConfig } from "./folder-options.ts";

const TRIES = 100;
const BETWEEN_TRIES_MS = 100;

/** Warnings belong to whoever runs a command; what the service would log as information does not. */
const COMMAND_LOG_LEVEL = "warn";

/**
 * Does `work` on the folder: through the service where one runs, else by opening the folder for as long as it takes.
 * @param options.makesCard the work needs a card: a virtual one is made where the folder has none
 * @throws BridgeError BRIDGE_BUSY if another process holds the folder and does not answer
 */
export async function withOperations<T>(
  context: CliContext,
  options: FolderOptions & { readonly makesCard?: boolean },
  work: (operations: Operations) => Promise<T>,
): Promise<T> {
  const loaded = loadFolderConfig(context, options);
  const holder = await findHolder(loaded.dataDir);
  if (holder.type === "service") return work(remoteOperations(loaded.dataDir));
  try {
    const log = context.createLogger(COMMAND_LOG_LEVEL);
    const makesCard = options.makesCard ?? false;
    const folder = await context.openFolder(loaded, { makesCard, log });
    try {
      return await work(folder.operations);
    } finally {
      await folder.close();
    }
  } finally {
    holder.lock.release();
  }
}

type Holder = { readonly type: "us"; readonly lock: FolderLock } | { readonly type: "service" };

/** Another command holds the folder for a moment only, and a service that is just starting will listen soon. */
async function findHolder(dataDir: string): Promise<Holder> {
  for (let each = 0; each < TRIES; each += 1) {
    const lock = tryLockFolder(dataDir);
    if (lock !== undefined) return { type: "us", lock };
    if (await isServiceListening(dataDir)) return { type: "service" };
    await sleep(BETWEEN_TRIES_MS);
  }
  throw new BridgeError("BRIDGE_BUSY", `Another process holds ${dataDir} and does not answer.`);
}
