import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { DatastoreName } from "../../../src/bridge/databases.ts";
import { Proxy } from "./proxy.ts";
import { PASSWORD, Service, type ServiceOptions, USER } from "./service.ts";
import { type ClientOptions, SyncEvolution } from "./sync-evolution.ts";

const EXTENSION: Readonly<Record<DatastoreName, string>> = {
  contacts: "vcf",
  calendar: "ics",
  tasks: "ics",
  notes: "txt",
};

/** A service, the network before it and the clients of one scenario, in a folder of their own. */
export class World {
  readonly folder: string;
  readonly service: Service;
  readonly proxy: Proxy;
  #imports = 0;

  private constructor(folder: string, service: Service, proxy: Proxy) {
    this.folder = folder;
    this.service = service;
    this.proxy = proxy;
  }

  /** For the test that runs: when it ends everything ends, and unless it failed the folder goes. */
  static async create(options: ServiceOptions = {}): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "e2e-"));
    onTestFinished(({ task }) => {
      if (task.result?.state !== "fail") rmSync(folder, { recursive: true, force: true });
      else process.stderr.write(`${task.name}: everything that it left is in ${folder}\n`);
    });
    const service = await Service.create(join(folder, "service"), options);
    onTestFinished(() => service.stop("SIGKILL"));
    const proxy = await Proxy.create(() => service.port);
    onTestFinished(() => proxy.close());
    return new World(folder, service, proxy);
  }

  /** @param options what differs from a phone with contacts in SyncML 1.2 over XML */
  client(options: Partial<ClientOptions> = {}): Promise<SyncEvolution> {
    const deviceId = options.deviceId ?? "sc-pim-phone";
    return SyncEvolution.create({
      home: join(this.folder, deviceId),
      url: `http://127.0.0.1:${String(this.proxy.port)}/syncml`,
      user: USER,
      password: PASSWORD,
      deviceId,
      settings: ["SyncMLVersion=1.2", "enableWBXML=0"],
      ...options,
    });
  }

  /** Puts items on the card as an operator does. */
  async importItems(database: DatastoreName, ...contents: readonly string[]): Promise<void> {
    this.#imports += 1;
    const folder = join(this.folder, `import-${String(this.#imports)}`);
    mkdirSync(folder);
    for (const [at, content] of contents.entries())
      writeFileSync(join(folder, `${String(at).padStart(4, "0")}.${EXTENSION[database]}`), content);
    await this.service.importItems(database, folder);
  }
}
