import fc from "fast-check";
import { expect, test } from "vitest";
import type { PimCard } from "../../../card/client/pim-card.ts";
import type { RecordId, SyncObject } from "../../../card/commands/ids.ts";
import { CONTACTS, createBench, login, peer, text } from "../../support/card/virtual.ts";
import type { Bench } from "../../support/card/virtual.ts";

/**
 * Two peers and a person at one card. The model keeps for each peer a replica: what it would hold if it did what the
 * card's lists say. After a sync its replica equals the card's content: nothing was missed. A list holds no write
 * that the peer itself committed: nothing was echoed.
 */
interface Replica {
  readonly records: Map<RecordId, string>;
  /** Versions that this peer wrote and committed. */
  readonly own: Set<string>;
  object?: SyncObject;
}

interface Model {
  readonly bench: Bench;
  readonly card: PimCard;
  readonly truth: Map<RecordId, string>;
  readonly deleted: RecordId[];
  readonly replicas: readonly [Replica, Replica];
  serial: number;
}

type Edit = { readonly kind: "create" | "update" | "delete" | "revive"; readonly pick: number };
type End = "commit" | "prepareThenCommitAfterReset" | "abort" | "reset" | "cut";
type Step =
  | { readonly type: "person"; readonly edits: readonly Edit[] }
  | {
      readonly type: "sync";
      readonly who: 0 | 1;
      readonly own: readonly Edit[];
      readonly person: readonly Edit[];
      readonly end: End;
      readonly cutAt: number;
    };

const edits = fc.array(
  fc.record({
    kind: fc.constantFrom("create", "create", "update", "delete", "revive"),
    pick: fc.nat(50),
  }),
  { maxLength: 4 },
) as fc.Arbitrary<readonly Edit[]>;

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant("person" as const), edits }),
    fc.record({
      type: fc.constant("sync" as const),
      who: fc.constantFrom(0 as const, 1 as const),
      own: edits,
      person: edits,
      end: fc.constantFrom<End>(
        "commit",
        "commit",
        "prepareThenCommitAfterReset",
        "abort",
        "reset",
        "cut",
      ),
      cutAt: fc.nat(8),
    }),
  ),
  { maxLength: 14 },
);

/** Applies one edit to card and truth. @returns the record and its version, or undefined where there was nothing to edit */
const apply = async (
  model: Model,
  edit: Edit,
  asNobody: boolean,
): Promise<{ id: RecordId; version: string } | undefined> => {
  const { card, truth, deleted } = model;
  const content = `v${String(model.serial++)}`;
  const live = [...truth.keys()];
  const dead = deleted.filter((id) => !truth.has(id));
  const target =
    edit.kind === "revive" ? dead[edit.pick % dead.length] : live[edit.pick % live.length];
  if (edit.kind === "create") {
    const made = await card.create(CONTACTS, text(content), { asNobody });
    if (made.type !== "written") return undefined;
    truth.set(made.id, content);
    return { id: made.id, version: content };
  }
  if (target === undefined) return undefined;
  if (edit.kind === "delete") {
    const outcome = await card.delete(CONTACTS, target, { asNobody });
    if (outcome.type !== "deleted") return undefined;
    truth.delete(target);
    deleted.push(target);
    return { id: target, version: "" };
  }
  const outcome = await card[edit.kind](CONTACTS, target, text(content), { asNobody });
  if (outcome.type !== "written") return undefined;
  truth.set(target, content);
  return { id: target, version: content };
};

/** What the card would give this peer since its object, applied to its replica. */
const pull = async (model: Model, replica: Replica, who: number): Promise<SyncObject> => {
  const start = await model.card.startSync(CONTACTS, peer(who), { mayEvict: false });
  if (start.pending) await model.card.abortSync(CONTACTS, { dropPending: true });
  const { current, proposed } = start.pending
    ? await model.card.startSync(CONTACTS, peer(who), { mayEvict: false })
    : start;
  expect(current).toBe(replica.object);
  const listed = await model.card.listChanges(CONTACTS, current ?? "everything");
  if (listed.type !== "listed") throw new Error("the current object is unknown");
  const wanted = listed.changes.filter(({ kind }) => kind !== "deleted").map(({ id }) => id);
  const contents = new Map(
    (await model.card.read(CONTACTS, wanted)).map(({ id, content }) => [
      id,
      new TextDecoder().decode(content),
    ]),
  );
  expect(contents.size).toBe(wanted.length);
  for (const change of listed.changes) {
    const version = contents.get(change.id) ?? "";
    if (version !== "") expect(current !== undefined && replica.own.has(version)).toBe(false);
    if (change.kind === "deleted") replica.records.delete(change.id);
    else replica.records.set(change.id, version);
  }
  return proposed;
};

const resetCard = async (model: Model): Promise<void> => {
  model.bench.nvm.cutAt(undefined);
  await model.bench.transport.reset();
  const fresh = await login(model.bench);
  Object.assign(model, { card: fresh });
};

const sync = async (model: Model, step: Extract<Step, { type: "sync" }>): Promise<void> => {
  const replica = model.replicas[step.who];
  const staged: Replica = {
    ...replica,
    records: new Map(replica.records),
    own: new Set(replica.own),
  };
  const proposed = await pull(model, staged, step.who);
  expect(Object.fromEntries(staged.records)).toEqual(Object.fromEntries(model.truth));
  if (step.end === "prepareThenCommitAfterReset") await model.card.prepareSync(CONTACTS, proposed);
  for (const edit of step.person) await apply(model, edit, true);
  for (const edit of step.own) {
    const done = await apply(model, edit, false);
    if (!done) continue;
    staged.own.add(done.version);
    if (done.version === "") staged.records.delete(done.id);
    else staged.records.set(done.id, done.version);
  }
  if (step.end === "abort") return model.card.abortSync(CONTACTS);
  if (step.end === "reset") return resetCard(model);
  if (step.end === "cut") return cutOff(model, step.cutAt);
  if (step.end === "prepareThenCommitAfterReset") await resetCard(model);
  expect(await model.card.commitSync(CONTACTS, proposed)).toEqual({ type: "committed" });
  Object.assign(replica, staged, { object: proposed });
};

/** An edit that power may be taken from; the truth is then what the card holds. */
const cutOff = async (model: Model, atWrite: number): Promise<void> => {
  model.bench.nvm.cutAt({ atWrite, where: "inside" });
  await apply(model, { kind: "create", pick: 0 }, false).catch(() => undefined);
  await apply(model, { kind: "update", pick: 3 }, false).catch(() => undefined);
  await resetCard(model);
  model.truth.clear();
  for await (const { id, content } of model.card.readImage(CONTACTS)) {
    model.truth.set(id, new TextDecoder().decode(content));
  }
};

test("LIST misses nothing, echoes nothing, and survives aborts, resets and power cuts", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const bench = createBench({ sizeKb: 32, headerCount: 200 });
      const fresh = (): Replica => ({ records: new Map(), own: new Set() });
      const model: Model = {
        bench,
        card: await login(bench),
        truth: new Map(),
        deleted: [],
        replicas: [fresh(), fresh()],
        serial: 0,
      };
      for (const step of plan) {
        if (step.type === "sync") await sync(model, step);
        else for (const edit of step.edits) await apply(model, edit, true);
      }
      for (const [who, replica] of model.replicas.entries()) {
        await pull(model, replica, who);
        expect(Object.fromEntries(replica.records)).toEqual(Object.fromEntries(model.truth));
      }
    }),
    { numRuns: 150 },
  );
});
