import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import type { ScriptedClient } from "../support/scripted-client.ts";

/**
 * What each type of sync moves on. Source: shared reference, syncml.md 2.7, with the architecture's reading of
 * one-way from the peer: our Next is the current object, and its COMMIT settles only what the peer wrote.
 */
interface Row {
  readonly type: string;
  readonly code: number;
  /** How the sync ends. */
  readonly end?: "lost" | "suspended";
  readonly peerAnchor: "moves" | "stays";
  readonly object: "moves" | "stays";
  /** When the card's own change from before it reaches the peer. */
  readonly cardChange: "in it" | "next time";
}

const MATRIX: readonly Row[] = [
  { type: "two-way", code: 200, peerAnchor: "moves", object: "moves", cardChange: "in it" },
  { type: "slow", code: 201, peerAnchor: "moves", object: "moves", cardChange: "in it" },
  {
    type: "one-way from the client",
    code: 202,
    peerAnchor: "moves",
    object: "stays",
    cardChange: "next time",
  },
  {
    type: "one-way from the card",
    code: 204,
    peerAnchor: "moves",
    object: "moves",
    cardChange: "in it",
  },
  {
    type: "refresh from the card",
    code: 205,
    peerAnchor: "moves",
    object: "moves",
    cardChange: "in it",
  },
  {
    type: "two-way, broken off",
    code: 200,
    end: "lost",
    peerAnchor: "stays",
    object: "stays",
    cardChange: "in it",
  },
  {
    type: "one-way from the client, broken off",
    code: 202,
    end: "lost",
    peerAnchor: "stays",
    object: "stays",
    cardChange: "next time",
  },
  {
    type: "two-way, suspended",
    code: 200,
    end: "suspended",
    peerAnchor: "stays",
    object: "stays",
    cardChange: "in it",
  },
];

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(() => world.destroy());

const names = (texts: Iterable<string>): readonly string[] =>
  [...texts].map((text) => /FN:([^\r\n]*)/.exec(text)?.[1] ?? "?").sort();

const importCard = (name: string): Promise<unknown> =>
  world.bridge.items.import(world.held, "contacts", [
    { name: "a.vcf", bytes: Buffer.from(vcard(name, "2"), "utf8") },
  ]);

async function inStep(): Promise<ScriptedClient> {
  const client = world.client({ comparesOurLast: true });
  client.add(vcard("Anna", "1"));
  await client.sync();
  await client.sync();
  world.resetMessages();
  return client;
}

const link = async (): Promise<{
  readonly object: string | null;
  readonly anchor: string | null;
}> => {
  const row = await world.db.selectFrom("links").selectAll().executeTakeFirstOrThrow();
  return { object: row.current_object, anchor: row.current_anchor };
};

/** The objects that the card was told to commit, as it was told. */
const committed = (from: number): readonly string[] =>
  world.trace
    .slice(from)
    .filter(({ name }) => name === "commitSync")
    .map(({ commandData }) => commandData ?? "");

/** Up to the client's last message: the card has been written to, and nothing is settled. */
async function run(client: ScriptedClient, { code, end }: Row): Promise<void> {
  if (end === undefined) {
    await client.sync(code, "the next anchor");
    return;
  }
  const last = code === 202 ? 2 : 3;
  if (end === "suspended") client.suspendAt = last;
  else world.fault = { message: last, what: "request" };
  await expect(client.sync(code, "the next anchor")).rejects.toThrow();
  world.fault = undefined;
}

describe("what a sync moves on", () => {
  it.each(MATRIX)("$type: what moves", async (row) => {
    const client = await inStep();
    client.add(vcard("Gina", "1"));
    await importCard("Hugo");
    const before = await link();
    const from = world.trace.length;
    await run(client, row);
    const after = await link();
    expect(after.anchor).toBe(row.peerAnchor === "moves" ? "the next anchor" : before.anchor);
    expect(after.object === before.object).toBe(row.object === "stays");
    const isDone = row.end === undefined;
    expect(committed(from)).toEqual(isDone ? [after.object] : []);
    expect(names(client.items.values()).includes("Hugo")).toBe(row.cardChange === "in it");
  });

  it.each(MATRIX)("$type: the next two-way sync is fast, and both sides are equal", async (row) => {
    const client = await inStep();
    client.add(vcard("Gina", "1"));
    await importCard("Hugo");
    await run(client, row);
    expect((await client.sync()).code).toBe(200);
    const held = names(client.items.values());
    expect(held).toEqual(names(await world.contacts()));
    // A refresh from the card gives up what only the client had.
    expect(held).toEqual(row.code === 205 ? ["Anna", "Hugo"] : ["Anna", "Gina", "Hugo"]);
  });

  it("refresh from the client: both move, and the card has what the client has", async () => {
    const client = await inStep();
    await importCard("Hugo");
    const before = await link();
    const from = world.trace.length;
    await client.sync(203, "the next anchor");
    const after = await link();
    expect(after.anchor).toBe("the next anchor");
    expect(after.object).not.toBe(before.object);
    expect(committed(from)).toEqual([after.object]);
    expect(names(await world.contacts())).toEqual(["Anna"]);
    expect((await client.sync()).code).toBe(200);
  });
});
