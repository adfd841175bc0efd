import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { freePort, startServer } from "../../bench/local-process.ts";

const run = promisify(execFile);
const SCRIPTS = resolve(import.meta.dirname, "../../peers/syncevolution");

/** Who a client is to the server. */
export const PEER_USER = { name: "ada", password: "open-sesame" } as const;

/** SyncEvolution's own HTTP server with one client; its items are files in a folder. */
export class PeerServer {
  readonly url: string;
  readonly #contacts: string;
  readonly #stop: () => Promise<void>;
  #files = 0;

  private constructor(url: string, contacts: string, stop: () => Promise<void>) {
    this.url = url;
    this.#contacts = contacts;
    this.#stop = stop;
  }

  /** @param deviceId of the only client that it knows */
  static async start(deviceId: string): Promise<PeerServer> {
    const home = mkdtempSync(join(tmpdir(), "e2e-peer-"));
    const contacts = join(home, "contacts");
    mkdirSync(contacts);
    const server = ["syncURL=", "PeerIsClient=1", `remoteDeviceId=${deviceId}`];
    const quiet = ["keyring=no", "dumpData=0", "printChanges=0", "preventSlowSync=0", "loglevel=4"];
    const account = [`username=${PEER_USER.name}`, `password=${PEER_USER.password}`];
    const source = ["backend=file", `database=file://${contacts}`, "databaseFormat=text/vcard"];
    const target = ["uri=contacts", "sync=two-way", "client1@default", "contacts"];
    const template = ["--configure", "--template", "SyncEvolution Client"];
    await run(join(SCRIPTS, "sevo"), [
      home,
      ...template,
      ...server,
      ...account,
      ...quiet,
      ...source,
      ...target,
    ]);
    const port = await freePort();
    const stop = await startServer([join(SCRIPTS, "serve"), home, String(port)], {
      port,
      logPath: join(home, "server.log"),
    });
    const peer = new PeerServer(`http://localhost:${String(port)}/syncevolution`, contacts, stop);
    onTestFinished(async () => {
      await peer.stop();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    });
    return peer;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** @returns each item's text */
  contacts(): readonly string[] {
    return readdirSync(this.#contacts).map((name) =>
      readFileSync(join(this.#contacts, name), "utf8"),
    );
  }

  put(text: string): void {
    this.#files += 1;
    writeFileSync(join(this.#contacts, `by-hand-${String(this.#files)}`), text);
  }

  /** @throws Error where no item has that text in it */
  remove(part: string): void {
    rmSync(join(this.#contacts, this.#fileOf(part)));
  }

  edit(part: string, change: (text: string) => string): void {
    const path = join(this.#contacts, this.#fileOf(part));
    const text = change(readFileSync(path, "utf8"));
    // Another name is another revision, whatever the clock's grain.
    writeFileSync(path, text);
  }

  #fileOf(part: string): string {
    const name = readdirSync(this.#contacts).find((each) =>
      readFileSync(join(this.#contacts, each), "utf8").includes(part),
    );
    if (name === undefined) throw new Error(`no item with ${part}`);
    return name;
  }
}
