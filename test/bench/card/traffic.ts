import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createVirtualCard,
  openVirtualCard,
  type PimCard,
  type VirtualTransport,
} from "../../../card/index.ts";
import { encodeRecord } from "../../../src/pim/card-record.ts";
import { BridgeWorld, vcard, WORLD_PIN } from "../../support/bridge-world.ts";
import { Dice } from "../../support/card/fuzz/dice.ts";
import type { ScriptedClient } from "../../support/scripted-client.ts";
import {
  add,
  creates,
  list,
  read,
  readImage,
  settle,
  start,
  updates,
  type Cost,
} from "./lower-bounds.ts";

/** What a whole sync of the service cost the card, and what it costs at least. */
export interface TrafficRow {
  readonly name: string;
  readonly measured: Cost;
  readonly bound: Cost;
  readonly nvmWrites: number;
}

/** A case: what was done since the sides were equal, and what the sync that follows has to exchange. */
interface Case {
  readonly name: string;
  /** Records that both sides hold before. */
  readonly common: number;
  readonly prepare: (bench: Bench) => Promise<unknown>;
  readonly bound: (bench: Bench) => Cost;
}

const SIZE_KB = 512;
const CONTACTS = 1 as Parameters<PimCard["create"]>[0];

const CASES: readonly Case[] = [
  { name: "nothing changed", common: 100, prepare: nothing, bound: () => add(start(2), settle) },
  {
    name: "1 change on the card",
    common: 100,
    prepare: (bench) => bench.changeCard(1),
    bound: ({ onCard }) => add(start(2), list(1), read(onCard), settle, settle),
  },
  {
    name: "1 change from the peer",
    common: 100,
    prepare: (bench) => bench.changePeer(1),
    bound: ({ fromPeer }) => add(start(2), settle, updates(fromPeer), settle),
  },
  {
    name: "10 and 10 changes",
    common: 100,
    prepare: async (bench) => {
      await bench.changeCard(10);
      await bench.changePeer(10);
    },
    bound: ({ onCard, fromPeer }) =>
      add(start(2), list(10), read(onCard), settle, updates(fromPeer), settle),
  },
  {
    name: "100 additions from the peer",
    common: 100,
    prepare: (bench) => bench.addToPeer(100),
    bound: ({ fromPeer }) => add(start(2), settle, creates(fromPeer), settle),
  },
  {
    name: "slow sync, 500 read, no image",
    common: 500,
    prepare: (bench) => bench.forgetEverything(),
    bound: ({ all }) => add(start(2), list(all.length), readImage(all), settle),
  },
  {
    name: "slow sync, 500 in the image",
    common: 500,
    prepare: (bench) => bench.forgetPeer(),
    bound: ({ all }) => add(start(2), list(all.length), settle),
  },
  {
    name: "first load of 500",
    common: 0,
    prepare: (bench) => bench.addToPeer(500),
    bound: ({ fromPeer }) => add(start(0), settle, creates(fromPeer), settle),
  },
];

function nothing(): Promise<void> {
  return Promise.resolve();
}

/** Runs every case on a card and a service of its own. */
export const measureTraffic = async (): Promise<readonly TrafficRow[]> => {
  const rows: TrafficRow[] = [];
  for (const each of CASES) {
    const bench = await Bench.create(each.common);
    try {
      await each.prepare(bench);
      const { measured, nvmWrites } = await bench.sync();
      rows.push({ name: each.name, measured, nvmWrites, bound: each.bound(bench) });
    } finally {
      await bench.destroy();
    }
  }
  return rows;
};

/** A service with a card whose traffic is counted, and a client. Contents are about 200 bytes on the card. */
class Bench {
  /** Stored lengths, bytes: of what was changed on the card, of what the client has changed, of all records. */
  onCard: readonly number[] = [];
  fromPeer: readonly number[] = [];
  all: readonly number[] = [];
  readonly #folder: string;
  readonly #world: BridgeWorld;
  readonly #dice = new Dice(1);
  readonly #transports: VirtualTransport[];
  #client: ScriptedClient;
  #serial = 0;

  private constructor(folder: string, world: BridgeWorld, transports: VirtualTransport[]) {
    this.#folder = folder;
    this.#world = world;
    this.#transports = transports;
    this.#client = world.client();
  }

  static async create(common: number): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), "cardsync-bench-"));
    const path = join(folder, "bench.card");
    await createVirtualCard(path, { sizeKb: SIZE_KB, pin: WORLD_PIN, puk: "87654321" });
    const transports: VirtualTransport[] = [];
    const connect = async (): Promise<VirtualTransport> => {
      const transport = await openVirtualCard(path);
      transports.push(transport);
      return transport;
    };
    const bench = new Bench(folder, await BridgeWorld.create(undefined, { connect }), transports);
    if (common > 0) await bench.#makeCommon(common);
    return bench;
  }

  async changeCard(count: number): Promise<void> {
    const contents = Array.from({ length: count }, () => this.#text());
    const records = contents.map((text) => encodeRecord({ kind: "contact", text }));
    this.onCard = records.map(({ length }) => length);
    const items = await this.#world.bridge.items.list(this.#world.held, "contacts");
    await this.#world.held.run(async (card) => {
      for (const [at, record] of records.entries())
        await card.update(CONTACTS, (items[at]?.id ?? 0) as never, record, { asNobody: true });
    });
  }

  changePeer(count: number): Promise<void> {
    const luids = [...this.#client.items.keys()].slice(-count);
    this.fromPeer = luids.map((luid) => {
      const text = this.#text();
      this.#client.change(luid, text);
      return storedBytes(text);
    });
    return Promise.resolve();
  }

  addToPeer(count: number): Promise<void> {
    this.fromPeer = Array.from({ length: count }, () => {
      const text = this.#text();
      this.#client.add(text);
      return storedBytes(text);
    });
    return Promise.resolve();
  }

  /** The client was reset: it has its items and no anchors. */
  forgetPeer(): Promise<void> {
    const items = [...this.#client.items.values()];
    this.all = items.map(storedBytes);
    this.#client.reset(items);
    return Promise.resolve();
  }

  /** The service's disk is new, too. */
  async forgetEverything(): Promise<void> {
    await this.forgetPeer();
    await this.#world.db.deleteFrom("image").execute();
    await this.#world.restart();
  }

  async sync(): Promise<{ readonly measured: Cost; readonly nvmWrites: number }> {
    const before = this.#count();
    await this.#client.sync(200, randomUUID());
    const after = this.#count();
    return {
      measured: { apdus: after.apdus - before.apdus, bytes: after.bytes - before.bytes },
      nvmWrites: after.nvmWrites - before.nvmWrites,
    };
  }

  async destroy(): Promise<void> {
    await this.#world.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #makeCommon(count: number): Promise<void> {
    await this.addToPeer(count);
    await this.#client.sync();
    await this.#client.sync();
  }

  #count(): Cost & { readonly nvmWrites: number } {
    const stats = this.#transports.map(({ transportStats, nvmStats }) => ({
      apdus: transportStats.apdus,
      bytes: transportStats.bytesSent + transportStats.bytesReceived,
      nvmWrites: nvmStats.writes,
    }));
    const nvmWrites = stats.reduce((sum, each) => sum + each.nvmWrites, 0);
    return { ...add(...stats), nvmWrites };
  }

  /** A contact whose note does not compress well. */
  #text(): string {
    const note = Buffer.from(this.#dice.bytes(NOTE_BYTES)).toString("base64");
    const serial = String(this.#serial++);
    return vcard(`Person${serial}`, `+4930${serial}`, `NOTE:${note}\r\n`);
  }
}

/** Makes records of about 200 bytes. */
const NOTE_BYTES = 78;

const storedBytes = (text: string): number => encodeRecord({ kind: "contact", text }).length;
