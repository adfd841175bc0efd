import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PimCard } from "../../../card/index.ts";
import { OwnCreations } from "../../../src/bridge/client/own-creations.ts";
import { ClientFaultSweep } from "../../support/client-fault-sweep.ts";
import { complaint, EDITED, type Outcome, prepareEdits } from "../../support/client-scenario.ts";
import {
  changeOn,
  ClientWorld,
  type ClientSyncOptions,
  deleteFrom,
  findId,
  idOf,
} from "../../support/client-world.ts";

/** Every n-th fault in `npm test`; CLIENT_FAULTS=all for all of them. */
const EVERY = process.env["CLIENT_FAULTS"] === "all" ? 1 : 17;

let sweep: ClientFaultSweep;
/** Each test takes other faults. */
let sampled = 0;

beforeAll(async () => {
  const world = await ClientWorld.create();
  sweep = new ClientFaultSweep(world);
  await prepareEdits(world);
  await sweep.save();
}, 60_000);
afterAll(() => sweep.world.destroy());

/** @param between what happens after the fault; @returns what is different in the end */
async function failuresOf(
  options: ClientSyncOptions,
  between: () => Promise<Outcome>,
): Promise<readonly string[]> {
  const failures: string[] = [];
  const faults = await sweep.faults(options);
  sampled += 3;
  for (const fault of faults.filter((_, at) => (at + sampled) % EVERY === 0)) {
    let expected = EDITED;
    const verdict = await sweep.tryFault(fault, options, async () => {
      expected = { ...EDITED, ...(await between()) };
    });
    const said = complaint(fault, verdict, expected);
    if (said !== undefined) failures.push(said);
  }
  return failures;
}

const nothing = (): Promise<Outcome> => Promise.resolve({});

/** Somebody changes on the card what the server has sent, where it is there already. */
async function changeDora(): Promise<Outcome> {
  const { ours } = sweep.world;
  const dora = await findId(ours, "Dora");
  if (dora === undefined) return {};
  await changeOn(ours, dora, "Dora", "44");
  return { Dora: "44" };
}

/** Somebody changes or deletes on the card what the server has sent, where it is there already. */
const edits: readonly (readonly [string, () => Promise<Outcome>])[] = [
  ["nothing happens", nothing],
  ["somebody changes on the card what the server has added", changeDora],
  [
    "somebody deletes on the card what the server has added",
    async () => {
      const { ours } = sweep.world;
      const dora = await findId(ours, "Dora");
      if (dora === undefined) return {};
      await deleteFrom(ours, dora);
      return { Dora: undefined };
    },
  ],
  [
    "the server's item changes",
    async () => {
      const { theirs } = sweep.world;
      await changeOn(theirs, await idOf(theirs, "Dora"), "Dora", "45");
      await changeOn(theirs, await idOf(theirs, "Bert"), "Bert", "23");
      return { Dora: "45", Bert: "23" };
    },
  ],
  [
    "our service starts again",
    async () => {
      await sweep.world.ours.restart();
      return {};
    },
  ],
  [
    "the card goes to another bridge",
    async () => {
      await sweep.world.ours.loseStore();
      return {};
    },
  ],
];

describe("a sync with a server that breaks off at any place", () => {
  it.each(edits)("and then %s", { timeout: 240_000 }, async (_, between) => {
    expect(await failuresOf({}, between)).toEqual([]);
  });

  it.each(edits)(
    "with an item in each message, and then %s",
    { timeout: 240_000 },
    async (_, between) => {
      expect(await failuresOf({ maxBytes: 1 }, between)).toEqual([]);
    },
  );
});

describe("and with a server that keeps one generation", () => {
  beforeAll(() => {
    sweep.world.keepsOneGeneration = true;
  });
  afterAll(() => {
    sweep.world.keepsOneGeneration = false;
  });

  it.each(edits)("and then %s", { timeout: 240_000 }, async (_, between) => {
    expect(await failuresOf({}, between)).toEqual([]);
  });
});

describe("the sweep sees it where a rule is switched off", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    sweep.world.keepsOneGeneration = false;
  });

  /** @returns the first thing that goes wrong */
  async function firstComplaint(between: () => Promise<Outcome>): Promise<string | undefined> {
    for (const fault of [...(await sweep.faults())].reverse()) {
      let expected = EDITED;
      const verdict = await sweep.tryFault(fault, {}, async () => {
        expected = { ...EDITED, ...(await between()) };
      });
      const said = complaint(fault, verdict, expected);
      if (said !== undefined) return said;
    }
    return undefined;
  }

  it("that an Add which comes again is recognised", async () => {
    vi.spyOn(OwnCreations.prototype, "find").mockReturnValue(undefined);
    expect(await firstComplaint(nothing)).toMatch(/Dora 4","Dora 4|Eric 5","Eric 5/);
  });

  it("that what was left unsaid is touched", async () => {
    vi.spyOn(PimCard.prototype, "touch").mockResolvedValue({ type: "missing" });
    expect(await firstComplaint(changeDora)).toContain(
      '"theirs":["Anna 11","Bert 22","Cora 3","Dora 4"',
    );
  });

  it("that the object stands on the card before the server may hold it", async () => {
    sweep.world.keepsOneGeneration = true;
    vi.spyOn(PimCard.prototype, "prepareSync").mockResolvedValue();
    expect(await firstComplaint(nothing)).toContain('"slowSyncs":1');
  });
});
