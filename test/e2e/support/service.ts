import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LinkView } from "../../../src/bridge/bridge.ts";
import type { HistoryView } from "../../../src/bridge/history-view.ts";
import type { ItemView } from "../../../src/bridge/card-items.ts";
import type { DatastoreName } from "../../../src/bridge/databases.ts";
import { runProcess } from "./run-process.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** How the program is run: as it is shipped, or from its sources where nothing was built. */
export const BUILT: readonly string[] = [join(ROOT, "dist/src/main.js")];
export const SOURCES: readonly string[] = ["--import", "tsx", join(ROOT, "src/main.ts")];

export const USER = "me";
export const PASSWORD = "secret";

export interface ServiceOptions {
  /** Default: {@link BUILT}. */
  readonly program?: readonly string[];
  readonly cardKb?: number;
  /** False: its card is in a reader. Default: a virtual card of its own. */
  readonly hasOwnCard?: boolean;
  /** Settings by the names of the environment: `CARDSYNC_SYNC__CONFLICTS`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const CARD_KB = 512;
const START_MS = 30_000;

/** cardsync in a folder of its own, with one user and one card: a process that can be killed and started again. */
export class Service {
  readonly folder: string;
  readonly #options: ServiceOptions;
  #child: ChildProcess | undefined;
  #port = 0;

  private constructor(folder: string, options: ServiceOptions) {
    this.folder = folder;
    this.#options = options;
  }

  static async create(folder: string, options: ServiceOptions = {}): Promise<Service> {
    mkdirSync(folder, { recursive: true });
    const service = new Service(folder, options);
    await service.run(["user", "add", USER, "--password-stdin"], `${PASSWORD}\n`);
    if (options.hasOwnCard ?? true)
      await service.run(["card", "create", "--size", String(options.cardKb ?? CARD_KB)]);
    await service.start();
    return service;
  }

  /** Where it listens; another port after each start. */
  get port(): number {
    return this.#port;
  }

  /** The card's file. */
  get cardPath(): string {
    return join(this.folder, "data/cards/card-1.card");
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** @throws Error with its log where it ends instead of listening, or takes longer than 30 s */
  async start(): Promise<void> {
    const child = spawn(process.execPath, this.#command(["serve", "--port", "0"]), {
      env: { ...process.env, ...this.#options.settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.stderr.pipe(createWriteStream(this.logPath, { flags: "a" }));
    this.#port = await new Promise<number>((found, failed) => {
      let said = "";
      const fail = (): void => {
        failed(
          new Error(`the service did not start: ${said}${readFileSync(this.logPath, "utf8")}`),
        );
      };
      const timer = setTimeout(fail, START_MS);
      child.once("close", fail);
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const port = /^cardsync serves \S+:(\d+)\/syncml/m.exec(said)?.[1];
        if (port === undefined) return;
        clearTimeout(timer);
        child.off("close", fail);
        found(Number(port));
      });
    });
  }

  get logPath(): string {
    return join(this.folder, "service.log");
  }

  /** `SIGKILL` is what a crash is like. Harmless where it does not run. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }

  async crashAndRestart(): Promise<void> {
    await this.stop("SIGKILL");
    await this.start();
  }

  /**
   * Runs a command as an operator would.
   * @returns what it printed on stdout
   * @throws Error with what it said where it fails
   */
  async run(args: readonly string[], stdin = ""): Promise<string> {
    const ended = await runProcess(process.execPath, this.#command(args), { stdin });
    if (ended.code === 0) return ended.stdout;
    throw new Error(`cardsync ${args.join(" ")} ended with ${String(ended.code)}: ${ended.stderr}`);
  }

  /** Newest first. */
  async history(): Promise<readonly HistoryView[]> {
    return JSON.parse(await this.run(["history", "--json"])) as readonly HistoryView[];
  }

  async links(): Promise<readonly LinkView[]> {
    return JSON.parse(await this.run(["links", "--json"])) as readonly LinkView[];
  }

  async items(database: DatastoreName): Promise<readonly ItemView[]> {
    return JSON.parse(await this.run(["items", "list", database, "--json"])) as readonly ItemView[];
  }

  /** The contents of the card's items. */
  async contents(database: DatastoreName): Promise<readonly string[]> {
    const folder = mkdtempSync(join(this.folder, "export-"));
    await this.run(["items", "export", database, folder]);
    return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  }

  async importItems(database: DatastoreName, path: string): Promise<void> {
    await this.run(["items", "import", database, path]);
  }

  /** @throws Error where no item or several have that title */
  async deleteItem(database: DatastoreName, title: string): Promise<void> {
    const [item, ...more] = (await this.items(database)).filter((each) => each.title === title);
    if (item === undefined || more.length > 0) throw new Error(`not one item is called ${title}`);
    await this.run(["items", "delete", database, String(item.id), "--yes"]);
  }

  #command(args: readonly string[]): readonly string[] {
    return [...(this.#options.program ?? BUILT), ...args, "--data", join(this.folder, "data")];
  }
}
