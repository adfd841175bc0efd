import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PimCard, RecordId } from "../../card/index.ts";
import { encodeRecord } from "../../src/pim/card-record.ts";
import { BridgeWorld, vcard, type NetworkFault } from "../support/bridge-world.ts";
import { ConnectionLost, ScriptedClient } from "../support/scripted-client.ts";

/** Runs in `npm test`; more with CONVERGENCE_RUNS, another seed with CONVERGENCE_SEED. */
const RUNS = Number(process.env["CONVERGENCE_RUNS"] ?? 20);
const SEED = Number(process.env["CONVERGENCE_SEED"] ?? 20261123);

/** What a person does on one side, or a sync that may go wrong. `pick` chooses among the items that are there. */
type Step =
  | {
      readonly type: "add" | "change" | "delete";
      readonly side: "client" | "card";
      readonly pick: number;
    }
  | { readonly type: "sync"; readonly fault?: NetworkFault; readonly death?: Death }
  | { readonly type: "restart" };

type Death = NonNullable<BridgeWorld["dieAt"]>;

const edit = fc.record({
  type: fc.constantFrom("add", "add", "change", "change", "delete"),
  side: fc.constantFrom("client", "card"),
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
  .option(fault, { nil: undefined, freq: 2 })
  .map((each) => (each === undefined ? { type: "sync" } : { type: "sync", fault: each }));

const dyingSync = death.map((each): Step => ({ type: "sync", death: each }));

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

interface Known {
  /** Names that both sides changed since they were last equal: kept twice at most, and deleted by neither for good. */
  readonly touchedByClient: Set<string>;
  readonly touchedByCard: Set<string>;
  readonly disputed: Set<string>;
  readonly deleted: Set<string>;
  readonly names: Set<string>;
}

/** Carries out steps and remembers what has to come out. */
class Story {
  readonly #world: BridgeWorld;
  readonly client: ScriptedClient;
  readonly known: Known = {
    touchedByClient: new Set(),
    touchedByCard: new Set(),
    disputed: new Set(),
    deleted: new Set(),
    names: new Set(),
  };
  #count = 0;

  constructor(world: BridgeWorld, client: ScriptedClient) {
    this.#world = world;
    this.client = client;
  }

  async do(step: Step): Promise<void> {
    if (step.type === "restart") return this.#world.restart();
    if (step.type === "sync") return this.#sync(step);
    this.#count += 1;
    await (step.side === "client" ? this.#editClient(step) : this.#editCard(step));
  }

  /** Syncs without faults until both sides have said everything. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) await this.#sync({});
  }

  async #sync({ fault, death }: SyncFaults): Promise<void> {
    const isFaulty = fault !== undefined || death !== undefined;
    this.#world.resetMessages();
    this.#world.fault = fault;
    this.#world.dieAt = death;
    try {
      const outcome = await this.client.sync();
      expect(outcome.code, "a sync between sides with a common object became slow").toBe(200);
      if (!isFaulty) this.#endDispute();
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    } finally {
      this.#world.fault = undefined;
      this.#world.dieAt = undefined;
    }
  }

  #endDispute(): void {
    this.known.touchedByClient.clear();
    this.known.touchedByCard.clear();
  }

  #touch(name: string, side: "client" | "card"): void {
    const { touchedByClient, touchedByCard, disputed } = this.known;
    (side === "client" ? touchedByClient : touchedByCard).add(name);
    if (touchedByClient.has(name) && touchedByCard.has(name)) disputed.add(name);
  }

  async #editClient(step: Extract<Step, { readonly side: string }>): Promise<void> {
    const luids = [...this.client.items.keys()];
    const luid = luids[step.pick % Math.max(luids.length, 1)];
    if (step.type === "add" || luid === undefined) {
      const name = this.#newName();
      this.client.add(vcard(name, "0"));
      this.#touch(name, "client");
      return;
    }
    const name = nameOf(this.client.items.get(luid) ?? "");
    this.#touch(name, "client");
    if (step.type === "change") this.client.change(luid, vcard(name, String(this.#count)));
    else {
      this.client.delete(luid);
      this.known.deleted.add(name);
    }
    return Promise.resolve();
  }

  async #editCard(step: Extract<Step, { readonly side: string }>): Promise<void> {
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

const CONTACTS = 1 as Parameters<PimCard["create"]>[0];
const record = (name: string, tel: string): Uint8Array =>
  encodeRecord({ kind: "contact", text: vcard(name, tel) });
const nameOf = (text: string): string => /FN:([^\r\n]*)/.exec(text)?.[1] ?? "";
const keyOf = (text: string): string => `${nameOf(text)} ${/TEL[^:]*:(\d*)/.exec(text)?.[1] ?? ""}`;

async function tell(steps: readonly Step[], commitsOn: "finalAnswer" | "mapSent"): Promise<void> {
  const world = await BridgeWorld.create();
  try {
    const story = new Story(world, world.client({ commitsOn, comparesOurLast: true }));
    await story.client.sync();
    for (const each of steps) await story.do(each);
    await story.settle();
    const onCard = (await world.contacts()).map(keyOf).sort();
    const onClient = [...story.client.items.values()].map(keyOf).sort();
    expect(onClient, "both sides are equal").toEqual(onCard);
    checkNames(story.known, onCard);
    expect((await story.client.sync()).received, "nothing is left to say").toEqual([]);
  } finally {
    await world.destroy();
  }
}

function checkNames({ names, deleted, disputed }: Known, onCard: readonly string[]): void {
  for (const name of names) {
    const count = onCard.filter((key) => key.startsWith(`${name} `)).length;
    if (!deleted.has(name)) expect(count, `${name} is lost`).toBeGreaterThan(0);
    if (!disputed.has(name)) expect(count, `${name}`).toBe(deleted.has(name) ? 0 : 1);
  }
}

describe("random edits, lost and doubled messages, restarts, kills around any APDU", () => {
  it.each(["finalAnswer", "mapSent"] as const)(
    "a client that commits on %s: both sides become equal, nothing is lost or doubled, no sync is slow",
    async (commitsOn) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) =>
          tell(steps, commitsOn),
        ),
        { numRuns: RUNS, seed: SEED, endOnFailure: true },
      );
    },
    600_000,
  );
});
