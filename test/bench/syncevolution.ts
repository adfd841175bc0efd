import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type BenchServer, DEVICE_ID, USER } from "./bench-server.ts";
import { readContacts } from "./contacts.ts";
import { endWithUs, freePort, startServer } from "./local-process.ts";

const run = promisify(execFile);
const SCRIPTS = resolve(import.meta.dirname, "../peers/syncevolution");
const SEVO = join(SCRIPTS, "sevo");
const NEEDED = ["syncevolution", "syncevo-http-server", "dbus-run-session", "gcc"];

/** @returns the programs that are missing for {@link Client} and {@link openPeerServer} */
export async function missingPrograms(): Promise<readonly string[]> {
  const found = await Promise.all(
    NEEDED.map((name) =>
      run("which", [name]).then(
        () => true,
        () => false,
      ),
    ),
  );
  return NEEDED.filter((_, at) => found[at] !== true);
}

/** SyncEvolution's command line client, with all its state in one folder. */
export class Client {
  readonly contactsPath: string;
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
    this.contactsPath = join(home, "contacts");
  }

  static async configure(home: string, url: string): Promise<Client> {
    const client = new Client(home);
    const settings = [`syncURL=${url}`, "PeerIsClient=0", `deviceId=${DEVICE_ID}`];
    await configure(home, settings, "srv@default");
    return client;
  }

  /** @returns the whole time of the program, ms @throws Error with what it printed if it was not content */
  async sync(...options: readonly string[]): Promise<number> {
    const startedMs = performance.now();
    const running = run(SEVO, [this.#home, ...options, "srv"]);
    endWithUs(running.child, "SIGKILL"); // by any other signal it first waits for its server
    await running;
    return performance.now() - startedMs;
  }
}

/** SyncEvolution's own HTTP server with nothing in it, made known to {@link Client}. */
export async function openPeerServer(home: string): Promise<BenchServer> {
  const settings = ["syncURL=", "PeerIsClient=1", `remoteDeviceId=${DEVICE_ID}`];
  await configure(home, settings, "client1@default");
  const port = await freePort();
  const close = await startServer([join(SCRIPTS, "serve"), home, String(port)], {
    port,
    logPath: join(home, "server.log"),
  });
  return {
    url: `http://localhost:${String(port)}/syncevolution`,
    contacts: () => Promise.resolve(readContacts(join(home, "contacts"))),
    close,
  };
}

async function configure(home: string, settings: readonly string[], name: string): Promise<void> {
  const contacts = join(home, "contacts");
  mkdirSync(contacts, { recursive: true });
  const quiet = ["keyring=no", "dumpData=0", "printChanges=0", "preventSlowSync=0", "loglevel=1"];
  const account = [`username=${USER.name}`, `password=${USER.password}`];
  const source = ["backend=file", `database=file://${contacts}`, "databaseFormat=text/vcard"];
  const target = ["uri=contacts", "sync=two-way", name, "contacts"];
  const template = ["--configure", "--template", "SyncEvolution Client"];
  await run(SEVO, [home, ...template, ...settings, ...account, ...quiet, ...source, ...target]);
}
