import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import { LIMITS } from "../config/limits.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Setting } from "../config/source.ts";
import type { NewUser } from "../control/first-user.ts";
import { openControlSocket } from "../control/socket-server.ts";
import { isServiceListening } from "../control/socket-client.ts";
import { BridgeError } from "../errors.ts";
import { createApp } from "../http/app.ts";
import { listen, type Listener } from "../http/listener.ts";
import { type FolderLock, tryLockFolder } from "../store/folder-lock.ts";
import type { CliContext, OpenFolder } from "./context.ts";
import { addFolderOptions, type FolderOptions, loadFolderConfig } from "./folder-options.ts";
import { printLine } from "./output.ts";

interface ServeOptions extends FolderOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecureHttp?: true;
}

/** `cardsync serve` */
export function addServeCommand(program: Command, context: CliContext): void {
  addFolderOptions(program.command("serve"))
    .description("run the service; the first start makes a virtual card and a user")
    .option("--host <host>", "address to listen on (default: 127.0.0.1)")
    .option("--port <number>", "port to listen on (default: 8080)", parsePort)
    .option("--tls-cert <file>", "certificate chain, PEM")
    .option("--tls-key <file>", "private key, PEM")
    .option("--insecure-http", "allow plain HTTP on other than the loopback address")
    .addHelpText(
      "after",
      `
Examples:
  cardsync serve
  cardsync serve --data /srv/cardsync --port 8081
  cardsync serve --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem`,
    )
    .action(async (options: ServeOptions) => {
      await serve(context, loadFolderConfig(context, options, serveSettings(options)));
    });
}

const serveSettings = (options: ServeOptions): readonly Setting[] =>
  [
    { path: ["server", "host"], value: options.host, origin: "--host" },
    { path: ["server", "port"], value: options.port, origin: "--port" },
    { path: ["server", "tls", "cert"], value: options.tlsCert, origin: "--tls-cert" },
    { path: ["server", "tls", "key"], value: options.tlsKey, origin: "--tls-key" },
    { path: ["server", "insecureHttp"], value: options.insecureHttp, origin: "--insecure-http" },
  ].filter(({ value }) => value !== undefined);

/** Runs until the operator asks to stop; a message that is being answered then is answered first. */
async function serve(context: CliContext, loaded: LoadedConfig): Promise<void> {
  const log = context.createLogger(loaded.config.log.level);
  const stop = context.stopRequested();
  const lock = await takeFolder(loaded.dataDir);
  try {
    const folder = await context.openFolder(loaded, { makesCard: true, log });
    try {
      await run({ context, loaded, folder, stop, log });
    } finally {
      await folder.close();
    }
  } finally {
    lock.release();
  }
}

interface Running {
  readonly context: CliContext;
  readonly loaded: LoadedConfig;
  readonly folder: OpenFolder;
  readonly stop: Promise<void>;
  readonly log: ReturnType<CliContext["createLogger"]>;
}

async function run(running: Running): Promise<void> {
  const { context, loaded, folder, stop, log } = running;
  const listener = await openPort(running);
  const sweeping = startSweeping(running);
  try {
    const control = await openControlSocket(loaded.dataDir, folder.operations);
    try {
      // Last, so that nothing that can fail comes between making the password and showing it.
      announce(context, loaded, listener.url, await folder.createFirstUser());
      await folder.schedules.start();
      await stop;
      log.info("stopping");
    } finally {
      await folder.schedules.stop();
      await control.close();
    }
  } finally {
    clearInterval(sweeping);
    await listener.close();
    await folder.sync.idle();
  }
}

/** Quiet sessions would keep their places otherwise: no message of theirs comes to end them. */
function startSweeping({ loaded, folder, log }: Running): NodeJS.Timeout {
  const timeoutMs = loaded.config.sync.sessionTimeoutSeconds * 1000;
  return setInterval(
    () => {
      folder.sync.sweep().catch((error: unknown) => {
        log.error({ err: error }, "sessions could not be swept");
      });
    },
    Math.min(timeoutMs / 2, LIMITS.sweepMs),
  );
}

function openPort({ loaded, folder, log }: Running): Promise<Listener> {
  const { server, limits } = loaded.config;
  const app = createApp({
    sync: folder.sync,
    log,
    ...(server.baseUrl === undefined ? {} : { baseUrl: server.baseUrl }),
    trustProxy: server.trustProxy,
    bodyBytes: limits.bodyBytes,
    requestsPerMinute: limits.requestsPerMinute,
  });
  return listen(app, {
    host: server.host,
    port: server.port,
    ...(server.tls === undefined ? {} : { tls: server.tls }),
    connections: limits.connections,
    connectionsPerAddress: limits.connectionsPerAddress,
  });
}

const TRIES = 30;
const BETWEEN_TRIES_MS = 100;

/** A command that runs at this moment holds the folder briefly; another service holds it for good. */
async function takeFolder(dataDir: string): Promise<FolderLock> {
  for (let each = 0; each < TRIES; each += 1) {
    const lock = tryLockFolder(dataDir);
    if (lock !== undefined) return lock;
    if (await isServiceListening(dataDir)) break;
    await sleep(BETWEEN_TRIES_MS);
  }
  throw new BridgeError(
    "BRIDGE_BUSY",
    `Another cardsync service runs in ${dataDir}: stop it, or give another folder by --data.`,
  );
}

function announce(
  { stdout }: CliContext,
  { config, dataDir }: LoadedConfig,
  listenUrl: string,
  user: NewUser | undefined,
): void {
  const url = `${config.server.baseUrl?.replace(/\/+$/, "") ?? listenUrl}/syncml`;
  const serving = `cardsync serves ${url}   (data in ${dataDir})`;
  printLine(stdout, user === undefined ? serving : `${serving}\n${firstStart(url, user)}`);
}

const firstStart = (url: string, { name, password }: NewUser): string => `
First start: a virtual card and a user were made. Write the password down, it is not shown again.

  Server      ${url}
  User        ${name}
  Password    ${password}
  Datastores  contacts, calendar, tasks, notes

Put these into a phone, a mail program or SyncEvolution (samples/syncevolution-setup.sh does that).`;

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("A number from 0 to 65535 is needed.");
}
