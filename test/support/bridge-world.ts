import { randomBytes, scryptSync } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kysely } from "kysely";
import { pino } from "pino";
import {
  createVirtualCard,
  openVirtualCard,
  traced,
  type TraceLine,
  type Transport,
} from "../../card/index.ts";
import { createBridge, type Bridge } from "../../src/bridge/bridge.ts";
import { CardShelf } from "../../src/bridge/card-shelf.ts";
import type { ConflictPolicy } from "../../src/bridge/conflict.ts";
import { openSession } from "../../src/bridge/card-session.ts";
import { HeldCard } from "../../src/bridge/held-card.ts";
import { loadQuirks } from "../../src/quirks/load-quirks.ts";
import { AccountStore } from "../../src/store/accounts.ts";
import { createCipher } from "../../src/store/cipher.ts";
import { openDatabase } from "../../src/store/database.ts";
import { DeviceStore } from "../../src/store/devices.ts";
import type { Tables } from "../../src/store/schema.ts";
import { createSyncServer, type SyncServer } from "../../syncml/index.ts";
import { ConnectionLost, ScriptedClient, type ScriptedClientOptions } from "./scripted-client.ts";

/** Of the world's card. */
export const WORLD_PIN = "12345678";
const URL = "http://127.0.0.1/syncml";

/** Faults of the network for the messages that pass through {@link BridgeWorld.exchange}, counted from 1. */
export interface NetworkFault {
  readonly message: number;
  /** `request`: never arrives; `answer`: worked on, but its answer is lost; `twice`: the request arrives again. */
  readonly what: "request" | "answer" | "twice";
}

/** What a test brings itself. */
export interface WorldOptions {
  /** The way to a card whose PIN is {@link WORLD_PIN}; a virtual card in a file where absent. Called for each opening. */
  readonly connect?: () => Promise<Transport>;
  /** Where contents are kept; `disk` where absent. */
  readonly keepImage?: "disk" | "memory";
}

/** Everything but the processes: a virtual card in a file, SQLite in a file, the bridge and the SyncML server over them. */
export class BridgeWorld {
  readonly folder = mkdtempSync(join(tmpdir(), "cardsync-test-"));
  readonly trace: TraceLine[] = [];
  readonly key = randomBytes(32);
  policy: ConflictPolicy = "newest";
  fault: NetworkFault | undefined;
  /** Kills the service at the n-th APDU from now on, before or after the card has worked on it. */
  dieAt: { readonly apdu: number; readonly when: "before" | "after" } | undefined;
  /** Called before each message is carried, counted from 1. */
  beforeMessage: ((nth: number) => Promise<void>) | undefined;
  /** Called before each APDU is sent on to the card; throws to break off. */
  beforeApdu: ((command: Uint8Array) => void | Promise<void>) | undefined;
  /** Called after the card has answered and before the service knows. */
  afterApdu: ((command: Uint8Array) => void | Promise<void>) | undefined;
  nowMs = Date.now();
  #messages = 0;
  #apdus = 0;
  #died: (() => void) | undefined;
  #open: OpenParts | undefined;
  readonly #options: WorldOptions;
  /** Of the session that the card is in now. */
  #transport: Transport | undefined;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
  }

  /** @param sizeKb of the card in a file */
  static async create(sizeKb = 512, options: WorldOptions = {}): Promise<BridgeWorld> {
    const world = new BridgeWorld(options);
    if (!options.connect)
      await createVirtualCard(world.cardPath, { sizeKb, pin: WORLD_PIN, puk: "87654321" });
    await world.start();
    const { accounts } = world.#parts();
    await accounts.add("me", "secret");
    await world.#makePasswordsCheap();
    return world;
  }

  /** Each start of the service checks the password anew, which takes longer than all the rest of a short sync. */
  async #makePasswordsCheap(): Promise<void> {
    const salt = randomBytes(16);
    const cost = { N: 2, r: 1, p: 1 };
    const hash = scryptSync("secret", salt, 32, cost).toString("base64");
    const password_hash = `scrypt$2$1$1$${salt.toString("base64")}$${hash}`;
    await this.db.updateTable("users").set({ password_hash }).execute();
  }

  /** @param auth the only schemes by which the user may come in */
  async setAuth(...auth: readonly string[]): Promise<void> {
    await this.#parts().accounts.setPassword("me", "secret", auth);
    await this.#makePasswordsCheap();
  }

  get cardPath(): string {
    return join(this.folder, "card.bin");
  }

  get #storePath(): string {
    return join(this.folder, "state.sqlite");
  }

  get bridge(): Bridge {
    return this.#parts().bridge;
  }

  get server(): SyncServer {
    return this.#parts().server;
  }

  get held(): HeldCard {
    return this.#parts().held;
  }

  get db(): Kysely<Tables> {
    return this.#parts().db;
  }

  async start(): Promise<void> {
    this.#open = await this.#openParts();
  }

  /** Ends the service as kill -9 would: nothing is told, nothing is written any more. */
  async kill(): Promise<void> {
    const { db } = this.#parts();
    this.#open = undefined;
    await this.#transport?.close();
    await db.destroy();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Sends a command of somebody else, from within {@link beforeApdu}. */
  async transmitBetween(command: Uint8Array): Promise<Uint8Array> {
    if (this.#transport === undefined) throw new Error("the card is not open");
    return this.#transport.transmit(command);
  }

  /** Power off and on; nobody tells the service. */
  async resetCard(): Promise<void> {
    await this.#transport?.reset();
  }

  /** Copies of the card's file, to be put back later. */
  saveCard(name: string): void {
    cpSync(this.cardPath, join(this.folder, name));
  }

  async putCardBack(name: string): Promise<void> {
    await this.kill();
    cpSync(join(this.folder, name), this.cardPath);
    await this.start();
  }

  /** Copies what the service has stored; its service is started again. */
  async saveStore(name: string): Promise<void> {
    await this.kill();
    cpSync(this.#storePath, join(this.folder, name));
    await this.start();
  }

  /** The service is to be killed before and started after. */
  putStoreBack(name: string): void {
    for (const suffix of ["-wal", "-shm"]) rmSync(`${this.#storePath}${suffix}`, { force: true });
    cpSync(join(this.folder, name), this.#storePath);
  }

  client(options: Partial<ScriptedClientOptions> = {}): ScriptedClient {
    return new ScriptedClient({
      exchange: (bytes, contentType, url) => this.exchange(bytes, contentType, url),
      url: URL,
      user: "me",
      password: "secret",
      deviceId: "phone-1",
      source: "./pb",
      target: "./contacts",
      mediaType: "text/vcard",
      ...options,
    });
  }

  /** Messages carried so far; a test sets it to 0 to count from 1 again. */
  resetMessages(): void {
    this.#messages = 0;
  }

  get messages(): number {
    return this.#messages;
  }

  async exchange(
    bytes: Uint8Array,
    contentType: string,
    url: string,
  ): Promise<{ readonly httpStatus: number; readonly bytes: Uint8Array }> {
    this.#messages += 1;
    await this.beforeMessage?.(this.#messages);
    const fault = this.fault?.message === this.#messages ? this.fault : undefined;
    if (fault?.what === "request") throw new ConnectionLost();
    const answer = await this.runOrDie(() => this.#handle(bytes, contentType, url));
    if (answer === undefined) {
      await this.restart();
      throw new ConnectionLost();
    }
    if (fault?.what === "answer") throw new ConnectionLost();
    return fault?.what === "twice" ? this.#handle(bytes, contentType, url) : answer;
  }

  /** The card is taken to another bridge: nothing is known here but the card. */
  async loseStore(): Promise<void> {
    await this.kill();
    for (const suffix of ["", "-wal", "-shm"])
      rmSync(`${this.#storePath}${suffix}`, { force: true });
    await this.start();
  }

  async destroy(): Promise<void> {
    if (this.#open !== undefined) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The contents of a card database as a person would export them. */
  async contacts(): Promise<readonly string[]> {
    const files = await this.bridge.items.export(this.held, "contacts");
    return files.map((file) => Buffer.from(file.bytes).toString("utf8"));
  }

  /** @returns undefined where the service was killed meanwhile ({@link dieAt}): then nothing of it goes on */
  async runOrDie<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.#apdus = 0;
    const died = new Promise<undefined>((resolve) => {
      this.#died = (): void => {
        resolve(undefined);
      };
    });
    return Promise.race([work(), died]);
  }

  async #handle(
    bytes: Uint8Array,
    contentType: string,
    url: string,
  ): Promise<{ readonly httpStatus: number; readonly bytes: Uint8Array }> {
    const token = new globalThis.URL(url).searchParams.get("s") ?? undefined;
    const remoteAddress = "127.0.0.1";
    return this.server.handle({
      bytes,
      contentType,
      baseUrl: URL,
      remoteAddress,
      ...(token === undefined ? {} : { token }),
    });
  }

  #parts(): OpenParts {
    if (this.#open === undefined) throw new Error("the service is not running");
    return this.#open;
  }

  async #openParts(): Promise<OpenParts> {
    const clock = { now: () => this.nowMs };
    const log = pino({ level: "silent" });
    const cipher = createCipher(this.key);
    const db = await openDatabase(this.#storePath);
    const accounts = new AccountStore({ db, cipher, clock });
    const cards = new CardShelf(accounts);
    const connect = (): Promise<Transport> => this.#connect();
    const outcome = await openSession({ connect, pin: WORLD_PIN, fewestTries: 2 });
    if (outcome.type !== "open") throw new Error(`the card is ${outcome.type}`);
    const held = new HeldCard(outcome.session, { connect, pin: WORLD_PIN });
    cards.add(held);
    const conflictPolicy = (): ConflictPolicy => this.policy;
    const bridge = createBridge({
      db,
      cipher,
      cards,
      clock,
      log,
      conflictPolicy,
      keepImage: this.#options.keepImage ?? "disk",
    });
    const { datastores, sessions } = bridge;
    const devices = new DeviceStore({ db, clock });
    const server = createSyncServer(
      {
        datastores,
        sessions,
        accounts,
        devices,
        clock,
        random: (n) => randomBytes(n),
        log,
        traitsOf: (facts) => QUIRKS.traitsOf(facts),
      },
      SERVER_OPTIONS,
    );
    return { db, accounts, held, bridge, server };
  }

  async #connect(): Promise<Transport> {
    const card = await (this.#options.connect?.() ?? openVirtualCard(this.cardPath));
    this.#transport = this.#hooked(
      traced(card, (line) => this.trace.push(line), { showObjects: true }),
    );
    return this.#transport;
  }

  #mustDie(when: "before" | "after"): boolean {
    return this.dieAt?.apdu === this.#apdus && this.dieAt.when === when;
  }

  /** Who calls this waits for ever, as if the process were gone; the message that is worked on is lost. */
  die(): Promise<never> {
    this.dieAt = undefined;
    this.#died?.();
    return new Promise(() => undefined);
  }

  #hooked(transport: Transport): Transport {
    return {
      transmit: async (command, signal) => {
        await this.beforeApdu?.(command);
        this.#apdus += 1;
        if (this.#mustDie("before")) return this.die();
        const answer = await transport.transmit(command, signal);
        if (this.#mustDie("after")) return this.die();
        await this.afterApdu?.(command);
        return answer;
      },
      reset: () => transport.reset(),
      close: () => transport.close(),
    };
  }
}

interface OpenParts {
  readonly db: Kysely<Tables>;
  readonly accounts: AccountStore;
  readonly held: HeldCard;
  readonly bridge: Bridge;
  readonly server: SyncServer;
}

/** The shipped rules. */
const QUIRKS = loadQuirks(undefined);

const SERVER_OPTIONS = {
  maxMsgSizeBytes: 64 * 1024,
  maxObjSizeBytes: 4 * 1024 * 1024,
  maxSessions: 20,
  sessionTimeoutMs: 300_000,
  devId: "cardsync-test",
  man: "cardsync",
  mod: "cardsync",
  swV: "0.0.0",
};

/** A vCard 3.0 of an invented person. */
export const vcard = (name: string, tel: string, more = ""): string =>
  `BEGIN:VCARD\r\nVERSION:3.0\r\nN:${name};;;;\r\nFN:${name}\r\nTEL;TYPE=CELL:${tel}\r\n${more}END:VCARD\r\n`;
