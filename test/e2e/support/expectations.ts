import { expect } from "vitest";
import type { HistoryView } from "../../../src/bridge/history-view.ts";
import type { DatastoreName } from "../../../src/bridge/databases.ts";
import type { AppliedCounts } from "./client-table.ts";
import { viewItems } from "./item-view.ts";
import type { Service } from "./service.ts";
import type { ClientSync, SyncEvolution } from "./sync-evolution.ts";
import type { World } from "./world.ts";

/** What a sync that went well is expected to have done; counts that are left out are 0. */
export interface ExpectedSync {
  /** As history calls it: `two-way`, `slow`, `refresh-from-client`, ... */
  readonly type: string;
  /** `slow` where `type` became that on our side only. */
  readonly typeAsked?: string;
  /** Part of history's reason. Default: there is none, as in a sync that went as it was asked. */
  readonly reason?: string;
  readonly outcome?: string;
  /** What the card's changes did to the client. */
  readonly toClient?: Partial<AppliedCounts>;
  /** What the client sent; in a slow sync that is everything, whether the card holds it or not. */
  readonly toCard?: Partial<AppliedCounts>;
  readonly datastore?: DatastoreName;
}

const NOTHING: AppliedCounts = { added: 0, changed: 0, deleted: 0, errors: 0 };

const countsOf = ({ errors, ...counts }: AppliedCounts): HistoryView["sent"] => ({
  ...counts,
  failed: errors,
});

/** A sync that the client calls a success, and of which the client's table and our history tell the same. */
export async function expectSync(
  { service }: World,
  sync: ClientSync,
  expected: ExpectedSync,
): Promise<void> {
  const datastore = expected.datastore ?? "contacts";
  expectSuccess(sync);
  const result = sync.datastores.find(({ name }) => name === datastore);
  const local = { ...NOTHING, ...expected.toClient };
  const remote = { ...NOTHING, ...expected.toCard };
  expect({ local: result?.local, remote: result?.remote }, sync.output).toEqual({ local, remote });
  const entry = await newestHistory(service, datastore);
  expect(entry).toMatchObject({
    typeDone: expected.type,
    outcome: expected.outcome ?? "ok",
    sent: countsOf(local),
    received: countsOf(remote),
    ...(expected.typeAsked === undefined ? {} : { typeAsked: expected.typeAsked }),
  });
  if (expected.reason === undefined) expect(entry.reason).toBe("");
  else expect(entry.reason).toContain(expected.reason);
}

/** Neither the sync nor one item failed. */
export const expectSuccess = (sync: ClientSync): void => {
  expect(sync.code, `${sync.output}\nmessages: ${sync.session}`).toBe(0);
};

export const expectNoChanges = async (world: World, client: SyncEvolution): Promise<void> =>
  expectSync(world, await client.sync(), { type: "two-way" });

/** @throws Error where no sync of that datastore has ended */
export async function newestHistory(
  service: Service,
  datastore: DatastoreName = "contacts",
): Promise<HistoryView> {
  const entry = (await service.history()).find((each) => each.datastore === datastore);
  if (entry === undefined) throw new Error(`there was no sync of ${datastore}`);
  return entry;
}

/**
 * Both sides hold the same, property by property, and just the items of these titles, each once.
 * @param titles in any order
 */
export async function expectInStep(
  world: World,
  client: SyncEvolution,
  titles: readonly string[],
  datastore: DatastoreName = "contacts",
): Promise<void> {
  const onClient = viewItems(client.items(datastore).values());
  const onCard = viewItems(await world.service.contents(datastore));
  expect(onClient.map(({ title }) => title).sort()).toEqual([...titles].sort());
  expect(onCard).toEqual(onClient);
}
