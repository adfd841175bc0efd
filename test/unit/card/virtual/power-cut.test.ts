import { describe, expect, test } from "vitest";
import type { PimCard } from "../../../../card/client/pim-card.ts";
import type { RecordId, SyncObject } from "../../../../card/commands/ids.ts";
import { HeaderTable } from "../../../../card/virtual/header-table.ts";
import { blockAddress, blocksFor, toLayout } from "../../../../card/virtual/layout.ts";
import { readMeta } from "../../../../card/virtual/meta-cell.ts";
import type { Cut } from "../../../support/card/cuttable-nvm.ts";
import {
  CONTACTS,
  createBench,
  login,
  peer,
  PIN,
  settle,
  text,
} from "../../../support/card/virtual.ts";
import type { Bench } from "../../../support/card/virtual.ts";

const LONG = "x".repeat(300);
const P = peer(1);
const Q = peer(2);

/** Contents that a record may have after the cut; undefined for "deleted or not there". */
type Allowed = Map<RecordId, ReadonlySet<string | undefined>>;

interface World {
  readonly bench: Bench;
  readonly allowed: Allowed;
  objects: ReadonlySet<SyncObject | undefined>;
  readonly ids: { readonly updated: RecordId; readonly deleted: RecordId; readonly kept: RecordId };
}

/** Two peers that have synced and three records. */
const prepare = async (): Promise<{ world: World; card: PimCard }> => {
  const bench = createBench({ sizeKb: 16, headerCount: 32, peerCount: 16 });
  const card = await login(bench);
  const made: RecordId[] = [];
  for (const content of [`old${LONG}`, "gone", "kept"]) {
    const outcome = await card.create(CONTACTS, text(content));
    if (outcome.type === "written") made.push(outcome.id);
  }
  const [updated, deleted, kept] = made as [RecordId, RecordId, RecordId];
  const object = await settle(card, P);
  await settle(card, Q);
  const allowed: Allowed = new Map([
    [updated, new Set([`old${LONG}`])],
    [deleted, new Set(["gone"])],
    [kept, new Set(["kept"])],
  ]);
  const ids = { updated, deleted, kept };
  return { card, world: { bench, allowed, objects: new Set([object]), ids } };
};

/** One step of the scenario: what it may lead to is noted before it is done, what it has led to afterwards. */
const scenario = async (card: PimCard, world: World): Promise<void> => {
  const { allowed, ids } = world;
  const change = async (
    id: RecordId,
    to: string | undefined,
    run: () => Promise<unknown>,
  ): Promise<void> => {
    allowed.set(id, new Set([...(allowed.get(id) ?? [undefined]), to]));
    await run();
    allowed.set(id, new Set([to]));
  };
  await card.verify("9999");
  await card.verify(PIN);
  const { proposed, snapCsn } = await card.startSync(CONTACTS, P, { mayEvict: false });
  await card.prepareSync(CONTACTS, proposed);
  const created = (snapCsn + 1) as RecordId;
  await change(created, `new${LONG}`, () => card.create(CONTACTS, text(`new${LONG}`)));
  await change(ids.updated, `fresh${LONG}`, () =>
    card.update(CONTACTS, ids.updated, text(`fresh${LONG}`)),
  );
  await change(ids.deleted, undefined, () => card.delete(CONTACTS, ids.deleted));
  await card.touch(CONTACTS, ids.kept);
  const [old] = world.objects;
  world.objects = new Set([old, proposed]);
  await card.commitSync(CONTACTS, proposed);
  world.objects = new Set([proposed]);
  await settle(card, Q);
  await settle(card, Q);
  const again = await card.startSync(CONTACTS, P, { mayEvict: false });
  world.objects = new Set([proposed, again.proposed]);
  await card.commitSync(CONTACTS, again.proposed);
};

/** No block is reached by two live records, nor twice by one. */
const expectSoundHeap = ({ nvm }: Bench): void => {
  const { headerCount, peerCount } = readMeta(nvm);
  const layout = toLayout(nvm.sizeBytes, headerCount, peerCount);
  const seen = new Set<number>();
  for (const header of new HeaderTable(nvm, layout).slots) {
    if (header?.state !== "live") continue;
    let block = header.first;
    for (let left = blocksFor(header.length); left > 0; left--) {
      expect(seen.has(block)).toBe(false);
      seen.add(block);
      block = new DataView(nvm.image.buffer).getUint16(blockAddress(layout, block));
    }
  }
};

const expectOldOrNew = async (card: PimCard, { allowed, objects }: World): Promise<void> => {
  const ids = [...allowed.keys()];
  const found = new Map(
    (await card.read(CONTACTS, ids)).map(({ id, content }) => [
      id,
      new TextDecoder().decode(content),
    ]),
  );
  for (const [id, contents] of allowed) expect(contents).toContain(found.get(id));
  const { current } = await card.startSync(CONTACTS, P, { mayEvict: false });
  expect(objects).toContain(current);
};

const run = async (cut: Cut | undefined): Promise<number> => {
  const { world, card } = await prepare();
  const { nvm, transport } = world.bench;
  const before = nvm.writes;
  nvm.cutAt(cut);
  const tries: number[] = [];
  await scenario(card, world).catch(() => undefined);
  nvm.cutAt(undefined);
  await transport.reset();
  const fresh = await login(world.bench).catch(() => undefined);
  tries.push((await fresh?.pinTries()) ?? 0);
  expect(tries).toEqual([3]);
  expectSoundHeap(world.bench);
  if (fresh) await expectOldOrNew(fresh, world);
  return nvm.writes - before;
};

describe("power goes", () => {
  test("the scenario without a cut ends with everything new", async () => {
    expect(await run(undefined)).toBeGreaterThan(20);
  });

  test.each(["before", "inside", "after"] as const)("%s each write", async (where) => {
    const writes = await run(undefined);
    for (let atWrite = 0; atWrite < writes; atWrite++) await run({ atWrite, where });
  });

  test.each(["before", "inside", "after"] as const)(
    "%s each write of a PIN check: no try is won",
    async (where) => {
      for (const atWrite of [0, 1]) {
        const bench = createBench();
        const card = await login(bench);
        const writesOfWrong = 1;
        await card.verify("0000");
        bench.nvm.cutAt({ atWrite, where });
        await card.verify("0000").catch(() => undefined);
        bench.nvm.cutAt(undefined);
        await bench.transport.reset();
        const left = bench.card.transmit(
          Uint8Array.of(0x00, 0xa4, 4, 0, 8, 0xf0, 0x50, 0x49, 0x4d, 0x44, 0x42, 0x31, 1),
        );
        expect(left.at(-3)).toBeLessThanOrEqual(writesOfWrong + 1);
      }
    },
  );

  test.each(["before", "inside", "after"] as const)(
    "%s each write of WIPE: it is done or not begun",
    async (where) => {
      for (let atWrite = 0; atWrite < 8; atWrite++) {
        const { world, card } = await prepare();
        const { uuid } = await card.identity();
        world.bench.nvm.cutAt({ atWrite, where });
        await card.wipe(uuid).catch(() => undefined);
        world.bench.nvm.cutAt(undefined);
        await world.bench.transport.reset();
        const fresh = await login(world.bench);
        const isWiped = (await fresh.identity()).uuid !== uuid;
        expect((await fresh.read(CONTACTS, [world.ids.kept])).length).toBe(isWiped ? 0 : 1);
        expect((await fresh.peers()).length).toBe(isWiped ? 0 : 2);
      }
    },
  );
});
