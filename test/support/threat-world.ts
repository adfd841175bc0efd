import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import type { OpenFolder } from "../../src/cli/context.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createApp } from "../../src/http/app.ts";
import { listen, type Listener } from "../../src/http/listener.ts";
import { openFolder } from "../../src/open-folder.ts";
import { type FolderLock, tryLockFolder } from "../../src/store/folder-lock.ts";
import { AuthClient, type AuthClientOptions, type WireAnswer } from "./auth-client.ts";
import { temporaryFolder } from "./cli.ts";

export const XML = "application/vnd.syncml+xml";
export const WBXML = "application/vnd.syncml+wbxml";
export const BODY_BYTES = 300_000;

/** The whole service on a port of its own, in this process, with everything that it logs. */
export class ThreatWorld {
  readonly folder = temporaryFolder();
  readonly password = "correct horse battery";
  logged = "";
  open!: OpenFolder;
  listener!: Listener;
  #lock: FolderLock | undefined;

  static async create(): Promise<ThreatWorld> {
    const world = new ThreatWorld();
    await world.start();
    await world.addUser("ada");
    return world;
  }

  get dataDir(): string {
    return join(this.folder.path, "data");
  }

  get url(): string {
    return `${this.listener.url}/syncml`;
  }

  async start(): Promise<void> {
    const { dataDir } = this;
    this.#lock = tryLockFolder(dataDir);
    const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
      this.logged += chunk.toString();
      done();
    };
    const log = pino({ level: "trace" }, new Writable({ write }));
    const loaded = loadConfig({ environment: {}, dataDir, flags: [] });
    this.open = await openFolder(loaded, { makesCard: true, log });
    const sync = this.open.sync;
    const limits = { trustProxy: [], bodyBytes: BODY_BYTES, requestsPerMinute: 100_000 };
    const app = createApp({ sync, log, ...limits });
    const connections = { connections: 256, connectionsPerAddress: 256 };
    this.listener = await listen(app, { host: "127.0.0.1", port: 0, ...connections });
  }

  async stop(): Promise<void> {
    await this.listener.close();
    await this.open.close();
    this.#lock?.release();
  }

  async remove(): Promise<void> {
    await this.stop();
    this.folder.remove();
  }

  async addUser(name: string, auth?: readonly string[]): Promise<void> {
    const { password } = this;
    const schemes = auth === undefined ? {} : { auth: [...auth] };
    await this.open.operations.userAdd({ name, password, ...schemes });
  }

  /** @returns the HTTP status and the answer's text */
  async post(
    body: Uint8Array | string,
    contentType = XML,
    url = this.url,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const bytes = Buffer.from(body);
    const headers = { "Content-Type": contentType };
    const answer = await fetch(url, { method: "POST", headers, body: bytes });
    return { status: answer.status, text: await answer.text() };
  }

  client(options: Partial<AuthClientOptions> = {}): AuthClient {
    const { url, password } = this;
    const base = { url, password, user: "ada", auth: "basic" } as const;
    const exchange: AuthClientOptions["exchange"] = async (wire): Promise<WireAnswer> => {
      const hmac = wire.hmac === undefined ? {} : { "x-syncml-hmac": wire.hmac };
      const headers = { "Content-Type": wire.contentType, ...hmac };
      const body = Buffer.from(wire.bytes);
      const answer = await fetch(wire.url, { method: "POST", headers, body });
      const said = answer.headers.get("x-syncml-hmac");
      return {
        httpStatus: answer.status,
        bytes: new Uint8Array(await answer.arrayBuffer()),
        ...(said === null ? {} : { hmac: said }),
      };
    };
    return new AuthClient({ exchange, ...base, ...options }).begin();
  }

  /** Every byte that is kept, as latin1, without the key itself. */
  kept(): string {
    const read = (folder: string): string =>
      readdirSync(folder)
        .map((name) => join(folder, name))
        .map((path) =>
          statSync(path).isDirectory()
            ? read(path)
            : statSync(path).isFile()
              ? readFileSync(path, "latin1")
              : "",
        )
        .join("");
    return read(this.dataDir);
  }
}
