import { randomUUID } from "node:crypto";
import type { DatabaseId, RecordId } from "../../card/index.ts";
import type { CardOnServer } from "../../src/bridge/client/card-on-server.ts";
import type { Consent } from "../../src/bridge/client/context.ts";
import { encodeRecord } from "../../src/pim/card-record.ts";
import { type SyncType, toSessionToken } from "../../syncml/index.ts";
import { BridgeWorld, vcard, type NetworkFault } from "./bridge-world.ts";
import { runSession, type SessionEnd } from "./port-session.ts";
import { ConnectionLost } from "./scripted-client.ts";

const SIZE_KB = 64;

/** Of the service: a virtual card's contacts. */
const CONTACTS = 1 as DatabaseId;

export interface ClientSyncOptions {
  readonly syncType?: SyncType;
  readonly consent?: Partial<Consent>;
  readonly maxBytes?: number;
  readonly bend?: (answered: SyncType) => SyncType;
  /** Called while the server works on the second message. */
  readonly during?: () => Promise<void>;
}

/**
 * Two services: ours, whose card is taken to a server, and theirs, whose card is what that server keeps. They talk through
 * their ports, message by message.
 */
export class ClientWorld {
  readonly ours: BridgeWorld;
  readonly theirs: BridgeWorld;
  /** Which message is lost, counted from 1 in each {@link sync}. */
  fault: NetworkFault | undefined;
  messages = 0;
  /** The server knows but its last sync, as most do: neither the one before it nor one that was cut short. */
  keepsOneGeneration = false;
  /** Of the last sync. */
  sessions: SessionEnd[] = [];
  run: CardOnServer | undefined;

  constructor(ours: BridgeWorld, theirs: BridgeWorld) {
    this.ours = ours;
    this.theirs = theirs;
  }

  static async create(): Promise<ClientWorld> {
    return new ClientWorld(await BridgeWorld.create(SIZE_KB), await BridgeWorld.create(SIZE_KB));
  }

  /**
   * Takes the card to the server, in as many sessions as it needs.
   * @returns how the last session ended
   * @throws ConnectionLost where a message was lost or our service was killed
   */
  async sync(options: ClientSyncOptions = {}): Promise<SessionEnd> {
    this.sessions = [];
    this.messages = 0;
    const end = await this.ours.runOrDie(() => this.#sessions(options));
    if (end !== undefined) return end;
    await this.ours.restart();
    throw new ConnectionLost();
  }

  async #sessions(options: ClientSyncOptions): Promise<SessionEnd> {
    const client = this.ours.bridge.toServer({
      held: this.ours.held,
      url: "http://server.example/syncml",
      user: "me",
      policy: "newest",
      consent: { mayRefreshCard: false, mayDeleteMany: true, ...options.consent },
    });
    this.run = client;
    for (;;) {
      const end = await this.#session(client, options);
      this.sessions.push(end);
      if (end.verdict !== "again") return end;
    }
  }

  async #session(client: CardOnServer, options: ClientSyncOptions): Promise<SessionEnd> {
    if (this.keepsOneGeneration)
      await this.theirs.db.updateTable("links").set(NO_OTHER_GENERATION).execute();
    try {
      return await runSession({
        client,
        server: {
          datastores: this.theirs.bridge.datastores,
          save: (token) => this.#saveServer(token),
        },
        syncType: options.syncType ?? "twoWay",
        token: randomUUID(),
        deviceId: this.ours.held.uuid,
        carry: (work) => this.#carry(work, options.during),
        maxBytes: options.maxBytes ?? 65_536,
        ...(options.bend === undefined ? {} : { bend: options.bend }),
      });
    } catch (error) {
      if (error instanceof ConnectionLost) await client.giveUp("the connection was lost");
      throw error;
    }
  }

  async #carry<T>(work: () => Promise<T>, during?: () => Promise<void>): Promise<T> {
    this.messages += 1;
    if (this.messages === 2) await during?.();
    const fault = this.fault?.message === this.messages ? this.fault : undefined;
    if (fault?.what === "request") throw new ConnectionLost();
    const answer = await work();
    if (fault?.what === "answer") throw new ConnectionLost();
    return answer;
  }

  async #saveServer(token: string): Promise<void> {
    await this.theirs.bridge.sessions.save({
      token: toSessionToken(token),
      deviceId: this.ours.held.uuid,
      sessionId: "1",
      lastMsgId: 1,
      lastRequestHash: "",
      reply: new Uint8Array(),
      replyContentType: "",
      state: "",
      changedAtMs: this.ours.nowMs,
    });
  }

  /** A person's program changes a record while our sync has the card: the write is nobody's. */
  async editUnderSync(id: RecordId, name: string, tel: string): Promise<void> {
    const content = record(name, tel);
    const head = Buffer.alloc(11);
    head.writeUInt32BE(id);
    head.writeUInt16BE(content.length, 9);
    const data = [...head, ...content];
    await this.ours.transmitBetween(
      Uint8Array.of(0x80, 0x18, CONTACTS, 0x81, data.length, ...data),
    );
  }

  async destroy(): Promise<void> {
    await this.ours.destroy();
    await this.theirs.destroy();
  }
}

const NO_OTHER_GENERATION = {
  previous_object: null,
  previous_anchor: null,
  pending_object: null,
  pending_anchor: null,
  pending_phase: null,
  pending_base: null,
};

/** Somebody edits a card while no sync runs. @returns the record */
export async function addTo(world: BridgeWorld, name: string, tel: string): Promise<RecordId> {
  const written = await world.held.run((card) =>
    card.create(CONTACTS, record(name, tel), { asNobody: true }),
  );
  if (written.type !== "written") throw new Error("no room");
  return written.id;
}

export async function changeOn(
  world: BridgeWorld,
  id: RecordId,
  name: string,
  tel: string,
): Promise<void> {
  await world.held.run((card) => card.update(CONTACTS, id, record(name, tel), { asNobody: true }));
}

export async function deleteFrom(world: BridgeWorld, id: RecordId): Promise<void> {
  await world.held.run((card) => card.delete(CONTACTS, id, { asNobody: true }));
}

/** @returns the number of the record of that name */
export async function findId(world: BridgeWorld, name: string): Promise<RecordId | undefined> {
  const items = await world.bridge.items.list(world.held, "contacts");
  return items.find((item) => item.title === name)?.id as RecordId | undefined;
}

export async function idOf(world: BridgeWorld, name: string): Promise<RecordId> {
  const id = await findId(world, name);
  if (id === undefined) throw new Error(`no ${name}`);
  return id;
}

/** @returns name and number of each contact, sorted */
export async function contactsOf(world: BridgeWorld): Promise<readonly string[]> {
  return (await world.contacts())
    .map((text) => `${field(text, /FN:([^\r\n]*)/)} ${field(text, /TEL[^:]*:(\d*)/)}`)
    .sort();
}

const field = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? "";
const record = (name: string, tel: string): Uint8Array =>
  encodeRecord({ kind: "contact", text: vcard(name, tel) });
