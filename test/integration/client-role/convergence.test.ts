import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../card/index.ts";
import type { BridgeWorld, NetworkFault } from "../../support/bridge-world.ts";
import {
  addTo,
  changeOn,
  ClientWorld,
  contactsOf,
  deleteFrom,
} from "../../support/client-world.ts";
import { ConnectionLost } from "../../support/scripted-client.ts";

/** A sample in `npm test`; CONVERGENCE_RUNS for more. */
const RUNS = Number(process.env["CONVERGENCE_RUNS"] ?? 6);

type Side = "ours" | "theirs";
type Death = NonNullable<BridgeWorld["dieAt"]>;

/** What a person does on one side, or a sync that may go wrong. `pick` chooses among the items that are there. */
type Step =
  | { readonly type: "add" | "change" | "delete"; readonly side: Side; readonly pick: number }
  | {
      readonly type: "sync";
      readonly fault?: NetworkFault;
      readonly death?: Death;
      readonly isFine: boolean;
    }
  | { readonly type: "restart"; readonly side: Side };

const side = fc.constantFrom<Side>("ours", "theirs");

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      type: fc.constantFrom("add", "add", "change", "change", "delete"),
      side,
      pick: fc.nat(20),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("sync" as const),
      fault: fc.record({
        message: fc.integer({ min: 1, max: 5 }),
        what: fc.constantFrom("request" as const, "answer" as const),
      }),
      isFine: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("sync" as const),
      death: fc.record({
        apdu: fc.integer({ min: 1, max: 20 }),
        when: fc.constantFrom("before" as const, "after" as const),
      }),
      isFine: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("restart" as const), side }) },
);

/** Carries out steps and remembers what has to come out. */
class Story {
  readonly #world: ClientWorld;
  readonly names = new Set<string>();
  readonly deleted = new Set<string>();
  /** Names that both sides touched since they were surely equal: those may be kept twice, or brought back. */
  readonly disputed = new Set<string>();
  readonly #touchedBy = new Map<string, Side>();
  #count = 0;

  constructor(world: ClientWorld) {
    this.#world = world;
  }

  async do(each: Step): Promise<void> {
    if (each.type === "restart") return this.#world[each.side].restart();
    if (each.type === "sync") return this.#sync(each);
    this.#count += 1;
    await this.#edit(each);
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) await this.#sync({ type: "sync", isFine: false });
  }

  async #sync({ fault, death, isFine }: Extract<Step, { readonly type: "sync" }>): Promise<void> {
    const { ours } = this.#world;
    this.#world.fault = fault;
    ours.dieAt = death;
    try {
      const end = await this.#world.sync({ maxBytes: isFine ? 1 : 65_536 });
      expect(end.type, "a sync between sides with a common object became slow").toBe("twoWay");
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    } finally {
      this.#world.fault = undefined;
      ours.dieAt = undefined;
    }
  }

  async #edit({
    type,
    side: where,
    pick,
  }: Extract<Step, { readonly pick: number }>): Promise<void> {
    const service = this.#world[where];
    const items = await service.bridge.items.list(service.held, "contacts");
    const item = items[pick % Math.max(items.length, 1)];
    if (type === "add" || item === undefined) {
      const name = `Name${String(this.#count)}x`;
      this.names.add(name);
      this.#touch(name, where);
      await addTo(service, name, "0");
      return;
    }
    this.#touch(item.title, where);
    if (type === "change")
      return changeOn(service, item.id as RecordId, item.title, String(this.#count));
    this.deleted.add(item.title);
    await deleteFrom(service, item.id as RecordId);
  }

  #touch(name: string, by: Side): void {
    const other = this.#touchedBy.get(name);
    if (other !== undefined && other !== by) this.disputed.add(name);
    this.#touchedBy.set(name, by);
  }
}

async function tell(steps: readonly Step[], keepsOneGeneration: boolean): Promise<void> {
  const world = await ClientWorld.create();
  world.keepsOneGeneration = keepsOneGeneration;
  try {
    await world.sync();
    const story = new Story(world);
    for (const each of steps) await story.do(each);
    await story.settle();
    const ours = await contactsOf(world.ours);
    expect(ours, "both sides are equal").toEqual(await contactsOf(world.theirs));
    for (const name of story.names) checkName(name, story, ours);
  } finally {
    await world.destroy();
  }
}

function checkName(name: string, story: Story, ours: readonly string[]): void {
  const count = ours.filter((line) => line.startsWith(`${name} `)).length;
  const isDeleted = story.deleted.has(name);
  if (!isDeleted) expect(count, `${name} is lost`).toBeGreaterThan(0);
  if (!story.disputed.has(name)) expect(count, name).toBe(isDeleted ? 0 : 1);
}

describe("random edits, lost messages, restarts and kills around any APDU", () => {
  it.each([false, true])(
    "toward a server (one generation: %s): both sides become equal, nothing is lost or doubled, no sync is slow",
    async (keepsOneGeneration) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) =>
          tell(steps, keepsOneGeneration),
        ),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    3_600_000,
  );
});
