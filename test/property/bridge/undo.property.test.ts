import fc from "fast-check";
import { expect, it } from "vitest";
import type { ConflictPolicy } from "../../../src/bridge/conflict.ts";
import { BridgeWorld, vcard } from "../../support/bridge-world.ts";
import type { ScriptedClient } from "../../support/scripted-client.ts";

/** A sample in `npm test`; more by the environment. */
const RUNS = Number(process.env["UNDO_RUNS"] ?? 8);

interface Edit {
  readonly what: "add" | "change" | "delete";
  readonly side: "phone" | "other" | "card";
  readonly pick: number;
}

interface Story {
  readonly items: number;
  readonly policy: ConflictPolicy;
  readonly edits: readonly Edit[];
  /** Alert code of the sync that is undone. */
  readonly code: number;
  /** The card forgets deletions that both phones have heard of. */
  readonly moreSyncs: number;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  what: fc.constantFrom("add", "change", "change", "delete", "delete"),
  side: fc.constantFrom("phone", "phone", "phone", "other", "card"),
  pick: fc.nat(30),
});

const story: fc.Arbitrary<Story> = fc.record({
  items: fc.integer({ min: 0, max: 16 }),
  policy: fc.constantFrom("newest", "server-wins", "client-wins", "duplicate"),
  edits: fc.array(edit, { maxLength: 24 }),
  code: fc.constantFrom(200, 200, 200, 201, 202, 203),
  moreSyncs: fc.nat(3),
});

const keyOf = (text: string): string =>
  `${/FN:([^\r\n]*)/.exec(text)?.[1] ?? "?"} ${/TEL[^:]*:([^\r\n]*)/.exec(text)?.[1] ?? "?"}`;
const keys = (texts: Iterable<string>): readonly string[] => [...texts].map(keyOf).sort();
const nameOf = (text: string): string => /FN:([^\r\n]*)/.exec(text)?.[1] ?? "?";

function editClient(client: ScriptedClient, { what, pick }: Edit, at: number): void {
  const luids = [...client.items.keys()];
  const luid = luids[pick % Math.max(1, luids.length)];
  if (what === "add" || luid === undefined) client.add(vcard(`New ${String(at)}`, "0"));
  else if (what === "delete") client.delete(luid);
  else client.change(luid, vcard(nameOf(client.items.get(luid) ?? ""), `${String(at)}0`));
}

async function editCard(world: BridgeWorld, { what, pick }: Edit, at: number): Promise<void> {
  const list = await world.bridge.items.list(world.held, "contacts");
  const item = list[pick % Math.max(1, list.length)];
  if (what === "delete" && item !== undefined)
    await world.bridge.items.remove(world.held, "contacts", item.id);
  else {
    const bytes = Buffer.from(vcard(`Card ${String(at)}`, "0"), "utf8");
    await world.bridge.items.import(world.held, "contacts", [{ name: "a.vcf", bytes }]);
  }
}

const onCard = async (world: BridgeWorld): Promise<readonly string[]> =>
  keys(await world.contacts());

async function tell(
  world: BridgeWorld,
  { items, policy, edits, code, moreSyncs }: Story,
): Promise<void> {
  const phone = world.client();
  const other = world.client({ deviceId: "phone-2" });
  for (let at = 0; at < items; at += 1) phone.add(vcard(`Item ${String(at)}`, "1"));
  for (const client of [phone, other, phone, other]) await client.sync();
  world.policy = policy;
  for (const [at, each] of edits.entries()) {
    if (each.side === "card") await editCard(world, each, at);
    else editClient(each.side === "phone" ? phone : other, each, at);
  }
  await other.sync();
  const before = await onCard(world);
  await phone.sync(code);
  const [sync] = await world.bridge.history(1);
  for (let more = 0; more < moreSyncs; more += 1)
    for (const client of [phone, other]) await client.sync();
  await world.bridge.undo({ sync: sync?.id ?? 0, dryRun: false, force: true });
  expect(await onCard(world), "the undo gives back what was there").toEqual(before);
  for (const client of [phone, other, phone, other]) await client.sync();
  for (const client of [phone, other]) {
    expect(keys(client.items.values()), "every peer gets it").toEqual(before);
    expect((await client.sync()).received, "nothing is left to say").toEqual([]);
  }
  expect(await onCard(world)).toEqual(before);
}

it("undoes any sync: the card holds exactly what it held, and every peer gets it", async () => {
  await fc.assert(
    fc.asyncProperty(story, async (each) => {
      const world = await BridgeWorld.create();
      try {
        await tell(world, each);
      } finally {
        await world.destroy();
      }
    }),
    { numRuns: RUNS },
  );
});
