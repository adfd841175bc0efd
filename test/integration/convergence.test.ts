import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PimCard, RecordId } from "../../card/index.ts";
import { encodeRecord } from "../../src/pim/card-record.ts";
import { BridgeWorld, vcard, type NetworkFault } from "../support/bridge-world.ts";
import { ConnectionLost, ScriptedClient } from "../support/scripted-client.ts";

/** A sample in `npm test`, a larger one in CI; `npm run fuzz` runs many with another seed. */
const RUNS = Number(
  process.env["CONVERGENCE_RUNS"] ?? (process.env["CARDSYNC_E2E"] === "1" ? 30 : 8),
);

/** Who edits: a person at the first or second client, or at the card itself. */
type Side = "phone" | "outlook" | "card";

/** What a person does on one side, or a sync that may go wrong. `pick` chooses among the items that are there. */
type Step =
  | {
      readonly type: "add" | "change" | "delete";
      readonly side: Side;
      readonly pick: number;
    }
  | {
      readonly type: "sync";
      readonly who: number;
      readonly fault?: NetworkFault;
      readonly death?: Death;
    }
  | { readonly type: "restart" };

type Death = NonNullable<BridgeWorld["dieAt"]>;

const edit = fc.record({
  type: fc.constantFrom("add", "add", "change", "change", "delete"),
  side: fc.constantFrom("phone", "phone", "outlook", "card", "card"),
  pick: fc.nat(20),
}) as fc.Arbitrary<Step>;

const fault = fc.record({
  message: fc.integer({ min: 1, max: 3 }),
  what: fc.constantFrom("request", "answer", "twice"),
}) as fc.Arbitrary<NetworkFault>;

const death = fc.record({
  apdu: fc.integer({ min: 1, max: 8 }),
  when: fc.constantFrom("before", "after"),
}) as fc.Arbitrary<Death>;

const sync: fc.Arbitrary<Step> = fc
  .tuple(fc.nat(2), fc.option(fault, { nil: undefined, freq: 2 }))
  .map(([who, each]) => ({ type: "sync", who, ...(each === undefined ? {} : { fault: each }) }));

const dyingSync: fc.Arbitrary<Step> = fc
  .tuple(fc.nat(2), death)
  .map(([who, each]) => ({ type: "sync", who, death: each }));

const step = fc.oneof(
  { weight: 7, arbitrary: edit },
  { weight: 3, arbitrary: sync },
  { weight: 2, arbitrary: dyingSync },
  { weight: 1, arbitrary: fc.constant<Step>({ type: "restart" }) },
);

interface SyncFaults {
  readonly fault?: NetworkFault;
  readonly death?: Death;
}

/** Who touched a name since all sides were surely equal; names that two sides touched may be kept twice. */
interface Known {
  readonly touchedBy: Map<string, Side>;
  readonly disputed: Set<string>;
  readonly deleted: Set<string>;
  readonly names: Set<string>;
}

/** Carries out steps and remembers what has to come out. */
class Story {
  readonly clients: readonly ScriptedClient[];
  readonly known: Known = {
    touchedBy: new Map(),
    disputed: new Set(),
    deleted: new Set(),
    names: new Set(),
  };
  readonly #world: BridgeWorld;
  #count = 0;

  constructor(world: BridgeWorld, clients: readonly ScriptedClient[]) {
    this.#world = world;
    this.clients = clients;
  }

  async do(step: Step): Promise<void> {
    if (step.type === "restart") return this.#world.restart();
    if (step.type === "sync") return this.#sync(this.#clientAt(step.who), step);
    this.#count += 1;
    if (step.side === "card") await this.#editCard(step);
    else this.#editClient(this.#clientAt(step.side === "phone" ? 0 : 1), step);
  }

  /** Syncs without faults until all sides have said everything. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1)
      for (const client of this.clients) await this.#sync(client, {});
  }

  #clientAt(who: number): ScriptedClient {
    const client = this.clients[who % this.clients.length];
    if (client === undefined) throw new Error("a story needs a client");
    return client;
  }

  async #sync(client: ScriptedClient, { fault, death }: SyncFaults): Promise<void> {
    const isFaulty = fault !== undefined || death !== undefined;
    this.#world.resetMessages();
    this.#world.fault = fault;
    this.#world.dieAt = death;
    try {
      const outcome = await client.sync();
      expect(outcome.code, "a sync between sides with a common object became slow").toBe(200);
      if (!isFaulty && this.clients.length === 1) this.known.touchedBy.clear();
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    } finally {
      this.#world.fault = undefined;
      this.#world.dieAt = undefined;
    }
  }

  #touch(name: string, side: Side): void {
    const { touchedBy, disputed } = this.known;
    const other = touchedBy.get(name);
    if (other !== undefined && other !== side) disputed.add(name);
    touchedBy.set(name, side);
  }

  #editClient(client: ScriptedClient, step: Edit): void {
    const luids = [...client.items.keys()];
    const luid = luids[step.pick % Math.max(luids.length, 1)];
    if (step.type === "add" || luid === undefined) {
      const name = this.#newName();
      client.add(vcard(name, "0"));
      this.#touch(name, step.side);
      return;
    }
    const name = nameOf(client.items.get(luid) ?? "");
    this.#touch(name, step.side);
    if (step.type === "change") client.change(luid, vcard(name, String(this.#count)));
    else {
      client.delete(luid);
      this.known.deleted.add(name);
    }
  }

  async #editCard(step: Edit): Promise<void> {
    const items = await this.#world.bridge.items.list(this.#world.held, "contacts");
    const item = items[step.pick % Math.max(items.length, 1)];
    await this.#world.held.run(async (card) => {
      if (step.type === "add" || item === undefined) {
        const name = this.#newName();
        await card.create(CONTACTS, record(name, "0"), { asNobody: true });
        this.#touch(name, "card");
        return;
      }
      this.#touch(item.title, "card");
      await this.#editRecord(card, step.type, item.id as RecordId, item.title);
    });
  }

  async #editRecord(card: PimCard, type: string, id: RecordId, name: string): Promise<void> {
    if (type === "change") {
      await card.update(CONTACTS, id, record(name, `1${String(this.#count)}`), { asNobody: true });
      return;
    }
    await card.delete(CONTACTS, id, { asNobody: true });
    this.known.deleted.add(name);
  }

  #newName(): string {
    const name = `Name${String(this.#count)}x`;
    this.known.names.add(name);
    return name;
  }
}

type Edit = Extract<Step, { readonly side: Side }>;

const CONTACTS = 1 as Parameters<PimCard["create"]>[0];
const record = (name: string, tel: string): Uint8Array =>
  encodeRecord({ kind: "contact", text: vcard(name, tel) });
const nameOf = (text: string): string => /FN:([^\r\n]*)/.exec(text)?.[1] ?? "";
const keyOf = (text: string): string => `${nameOf(text)} ${/TEL[^:]*:(\d*)/.exec(text)?.[1] ?? ""}`;

interface Cast {
  readonly clients: number;
  readonly commitsOn: "finalAnswer" | "mapSent";
}

async function tell(steps: readonly Step[], { clients, commitsOn }: Cast): Promise<void> {
  const world = await BridgeWorld.create();
  try {
    const cast = Array.from({ length: clients }, (_, at) =>
      world.client({ deviceId: `device-${String(at)}`, commitsOn, comparesOurLast: true }),
    );
    const story = new Story(world, cast);
    for (const client of cast) await client.sync();
    for (const each of steps) await story.do(each);
    await story.settle();
    const onCard = (await world.contacts()).map(keyOf).sort();
    for (const client of cast) {
      const own = [...client.items.values()].map(keyOf).sort();
      expect(own, "all sides are equal").toEqual(onCard);
    }
    checkNames(story.known, onCard);
    for (const client of cast)
      expect((await client.sync()).received, "nothing is left to say").toEqual([]);
  } finally {
    await world.destroy();
  }
}

function checkNames({ names, deleted, disputed }: Known, onCard: readonly string[]): void {
  for (const name of names) {
    const count = onCard.filter((key) => key.startsWith(`${name} `)).length;
    if (!deleted.has(name)) expect(count, `${name} is lost`).toBeGreaterThan(0);
    if (!disputed.has(name)) expect(count, name).toBe(deleted.has(name) ? 0 : 1);
  }
}

describe("random edits, lost and doubled messages, restarts, kills around any APDU", () => {
  it.each([
    { clients: 1, commitsOn: "finalAnswer" },
    { clients: 1, commitsOn: "mapSent" },
    { clients: 2, commitsOn: "finalAnswer" },
  ] as const)(
    "$clients client(s) committing on $commitsOn: all sides become equal, nothing is lost or doubled, no sync is slow",
    async (cast) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) =>
          tell(steps, cast),
        ),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    3_600_000,
  );
});
