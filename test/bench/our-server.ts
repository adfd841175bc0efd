import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CardTraffic } from "../../src/bridge/held-card.ts";
import { remoteOperations } from "../../src/control/socket-client.ts";
import { type BenchServer, USER } from "./bench-server.ts";
import { type CountingProxy, openCountingProxy, type Passed } from "./counting-proxy.ts";
import { freePort, startServer } from "./local-process.ts";

const COMMAND = resolve(import.meta.dirname, "../../dist/src/main.js");
/** The largest virtual card: it has to hold 5,000 contacts. */
const CARD_KB = "4096";

/** What one sync cost the service and its card. */
export interface Cost {
  readonly messages: readonly Passed[];
  readonly apdus: number;
  readonly cardBytes: number;
  readonly nvmWrites: number;
}

/** The built service on a data folder of its own, with an empty virtual card, behind a counting proxy. */
export class OurServer implements BenchServer {
  readonly url: string;
  readonly #proxy: CountingProxy;
  readonly #operations: ReturnType<typeof remoteOperations>;
  readonly #stop: () => Promise<void>;

  private constructor(dataDir: string, proxy: CountingProxy, stop: () => Promise<void>) {
    this.url = `http://127.0.0.1:${String(proxy.port)}/syncml`;
    this.#proxy = proxy;
    this.#operations = remoteOperations(dataDir);
    this.#stop = stop;
  }

  static async open(home: string): Promise<OurServer> {
    const dataDir = join(home, "data");
    mkdirSync(home, { recursive: true });
    cardsync(["card", "create", "--size", CARD_KB, "--data", dataDir]);
    cardsync(["user", "add", USER.name, "--password-stdin", "--data", dataDir], USER.password);
    const port = await freePort();
    const proxy = await openCountingProxy(port);
    const config = join(home, "config.yaml");
    writeFileSync(config, `server: { baseUrl: "http://127.0.0.1:${String(proxy.port)}" }\n`);
    const stop = await startServer(
      [
        process.execPath,
        COMMAND,
        "serve",
        "--config",
        config,
        "--data",
        dataDir,
        "--port",
        String(port),
      ],
      { port, logPath: join(home, "server.log") },
    );
    return new OurServer(dataDir, proxy, stop);
  }

  async contacts(): Promise<readonly string[]> {
    const files = await this.#operations.itemsExport({ database: "contacts" });
    return files.map(({ base64 }) => Buffer.from(base64, "base64").toString("utf8"));
  }

  /** Runs a sync and tells what it cost. To ask for the card's traffic costs APDUs too: the third question tells how many. */
  async costOf(sync: () => Promise<unknown>): Promise<Cost> {
    const before = await this.#traffic();
    this.#proxy.take();
    await sync();
    const messages = this.#proxy.take();
    const after = await this.#traffic();
    const again = await this.#traffic();
    const spent = (count: keyof Traffic): number =>
      after[count] - before[count] - (again[count] - after[count]);
    return {
      messages,
      apdus: spent("apdus"),
      cardBytes: spent("bytesSent") + spent("bytesReceived"),
      nvmWrites: spent("nvmWrites"),
    };
  }

  async close(): Promise<void> {
    await this.#stop();
    await this.#proxy.close();
  }

  async #traffic(): Promise<Traffic> {
    const { traffic } = await this.#operations.cardInfo({});
    const nvmWrites = traffic?.nvmWrites ?? undefined;
    if (!traffic || nvmWrites === undefined) throw new Error("the card has no meters");
    return { ...traffic, nvmWrites };
  }
}

type Traffic = CardTraffic & { readonly nvmWrites: number };

function cardsync(args: readonly string[], stdin = ""): void {
  execFileSync(process.execPath, [COMMAND, ...args], { input: stdin });
}
