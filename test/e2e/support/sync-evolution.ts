import { type ChildProcess, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { type DatastoreResult, parseClientTable } from "./client-table.ts";
import { runProcess } from "./run-process.ts";

const SEVO = resolve(import.meta.dirname, "../../peers/syncevolution/sevo");
const NEEDED = ["syncevolution", "gcc"] as const;

/** @returns the programs that driving SyncEvolution needs and that are not installed */
export const missingPrograms = (): readonly string[] =>
  NEEDED.filter((program) => spawnSync("which", [program]).status !== 0);

/** One datastore of the client: a folder of files, one an item. */
export interface ClientDatastore {
  readonly name: string;
  /** `text/vcard`, `text/x-vcard` (2.1), `text/calendar`, `text/plain`. */
  readonly format: string;
  /** The server's name for it; the client's own where left out. */
  readonly uri?: string;
}

export const CONTACTS: ClientDatastore = { name: "contacts", format: "text/vcard" };

export interface ClientOptions {
  /** Everything that the client keeps lies here. */
  readonly home: string;
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly deviceId: string;
  readonly datastores?: readonly ClientDatastore[];
  /** Settings that hold for every sync: `SyncMLVersion=1.1`, `enableWBXML=0`. */
  readonly settings?: readonly string[];
}

export type ClientSyncType =
  | "two-way"
  | "slow"
  | "refresh-from-local"
  | "refresh-from-remote"
  | "one-way-from-local"
  | "one-way-from-remote";

export interface SyncRequest {
  readonly type?: ClientSyncType;
  /** Settings for this sync only. */
  readonly settings?: readonly string[];
  readonly timeoutMs?: number;
}

/** How a sync went, as the client sees it. */
export interface ClientSync {
  /** 0 where nothing went wrong, not even with one item. */
  readonly code: number | null;
  readonly datastores: readonly DatastoreResult[];
  readonly output: string;
  /** Folder with the log and each message as XML. */
  readonly session: string;
}

/** @returns the Status codes that the server gave, in order, each as often as it came */
export const statusesIn = ({ session }: ClientSync): readonly number[] =>
  readdirSync(session)
    .filter((name) => name.endsWith("_incoming.xml"))
    .map((name) => readFileSync(join(session, name), "utf8"))
    .flatMap((xml) => [...xml.matchAll(/<Status>.*?<Data>(\d+)<\/Data>.*?<\/Status>/gs)])
    .map(([, code]) => Number(code));

/** A lost message fails the sync at once instead of being sent again after two minutes. */
const NO_RETRY: readonly string[] = ["retryDuration=0"];

/** The real SyncEvolution, as a device of its own. */
export class SyncEvolution {
  readonly options: ClientOptions;
  #lastMtimeS = 0;
  #running: ChildProcess | undefined;

  private constructor(options: ClientOptions) {
    this.options = options;
  }

  /** Writes its configuration. @throws Error with its words where that fails */
  static async create(options: ClientOptions): Promise<SyncEvolution> {
    const client = new SyncEvolution(options);
    await client.#configure();
    return client;
  }

  get datastores(): readonly ClientDatastore[] {
    return this.options.datastores ?? [CONTACTS];
  }

  async sync({ type, settings = [], timeoutMs }: SyncRequest = {}): Promise<ClientSync> {
    const wanted = type === undefined ? [] : ["--sync", type];
    const known = new Set(this.#sessions());
    const retry = settings.some((setting) => setting.startsWith("retryDuration=")) ? [] : NO_RETRY;
    const args = ["--run", ...retry, ...settings, ...wanted, "srv"];
    const ended = await this.#sevo(args, timeoutMs);
    const output = ended.stdout + ended.stderr;
    const session = this.#sessions().find((name) => !known.has(name)) ?? "";
    const datastores = parseClientTable(ended.stdout);
    return { code: ended.code, datastores, output, session: join(this.#cache, session) };
  }

  /** As Ctrl-C at its terminal: it tells the server that it suspends (224) with its next message. */
  interrupt(): void {
    this.#running?.kill("SIGINT");
  }

  folder(datastore = "contacts"): string {
    return join(this.options.home, datastore);
  }

  /** File name (the LUID) and content of each item. */
  items(datastore?: string): ReadonlyMap<string, string> {
    const folder = this.folder(datastore);
    return new Map(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
    );
  }

  /**
   * Writes an item as another program of the phone would. The client tells edits by the whole second,
   * so each one gets a later second than any before.
   */
  put(name: string, content: string, datastore?: string): void {
    const path = join(this.folder(datastore), name);
    const least = existsSync(path) ? Math.floor(statSync(path).mtimeMs / 1000) : 0;
    this.#lastMtimeS = Math.max(this.#lastMtimeS, least, Math.floor(Date.now() / 1000)) + 2;
    writeFileSync(path, content);
    utimesSync(path, this.#lastMtimeS, this.#lastMtimeS);
  }

  /** Edits the one item that contains `text`. @throws Error where none or several do */
  edit(text: string, change: (content: string) => string, datastore?: string): void {
    const [name, content] = this.find(text, datastore);
    this.put(name, change(content), datastore);
  }

  remove(text: string, datastore?: string): void {
    rmSync(join(this.folder(datastore), this.find(text, datastore)[0]));
  }

  /** @returns name and content of the one item that contains `text`. @throws Error where none or several do */
  find(text: string, datastore?: string): readonly [name: string, content: string] {
    const [found, ...more] = [...this.items(datastore)].filter(([, each]) => each.includes(text));
    if (found === undefined || more.length > 0)
      throw new Error(`${String(more.length + (found ? 1 : 0))} items contain ${text}`);
    return found;
  }

  /** A factory reset, or a restored backup of the items: the client has them, and no memory of any sync. */
  async forget(): Promise<void> {
    rmSync(join(this.options.home, ".config"), { recursive: true });
    await this.#configure();
  }

  /** Everything it keeps, items and memory of syncs, to be put back by {@link restore}. */
  backUp(folder: string): void {
    cpSync(this.options.home, folder, { recursive: true, preserveTimestamps: true });
  }

  restore(folder: string): void {
    rmSync(this.options.home, { recursive: true });
    cpSync(folder, this.options.home, { recursive: true, preserveTimestamps: true });
  }

  get #cache(): string {
    return join(this.options.home, ".cache/syncevolution");
  }

  #sessions(): readonly string[] {
    return existsSync(this.#cache) ? readdirSync(this.#cache) : [];
  }

  async #configure(): Promise<void> {
    const { url, user, password, deviceId, settings = [] } = this.options;
    const common = [
      ...["--configure", "--template", "SyncEvolution Client", `syncURL=${url}`],
      ...[`username=${user}`, `password=${password}`, "PeerIsClient=0", "keyring=no"],
      ...[`deviceId=${deviceId}`, "dumpData=0", "printChanges=0", "preventSlowSync=0"],
      ...["loglevel=4", ...settings],
    ];
    for (const [at, datastore] of this.datastores.entries()) {
      const general = at === 0 ? common : ["--configure"];
      const peer = at === 0 ? "srv@default" : "srv";
      const ended = await this.#sevo([
        ...general,
        ...this.#properties(datastore),
        peer,
        datastore.name,
      ]);
      if (ended.code !== 0) throw new Error(ended.stdout + ended.stderr);
    }
  }

  #properties({ name, format, uri }: ClientDatastore): readonly string[] {
    mkdirSync(this.folder(name), { recursive: true });
    return [
      "backend=file",
      `database=file://${this.folder(name)}`,
      `databaseFormat=${format}`,
      `uri=${uri ?? name}`,
      "sync=two-way",
    ];
  }

  #sevo(args: readonly string[], timeoutMs?: number): ReturnType<typeof runProcess> {
    const onStart = (child: ChildProcess): void => {
      this.#running = child;
    };
    const options = timeoutMs === undefined ? { onStart } : { onStart, timeoutMs };
    return runProcess(SEVO, [this.options.home, ...args], options);
  }
}
