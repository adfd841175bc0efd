import type { ListedChange, PimCard, RecordId, SyncStart } from "../../card/index.ts";
import { clearIntents, loadIntents } from "../store/intent-store.ts";
import { bindIntents, type Orphan } from "./intent.ts";
import type { ChangedBy, RecordState } from "./item-rules.ts";
import { shiftGenerations } from "./link.ts";
import { afterUnmapped } from "./map-row.ts";
import { peerTagOf } from "./peer-tag.ts";
import { hintAtSharedDevice } from "./shared-device.ts";
import { decideStart, type StartDecision } from "./sync-start.ts";
import { comparesAll, nextGeneration, type SyncContext } from "./sync-context.ts";

/**
 * Tells the card with whom it synchronizes, decides where to start from, and takes the list of changes once.
 * Nothing is written to the card but, where the peer has proved to have finished a sync that we had not, its commit.
 * @param context fresh: `syncType` is what was asked, `link` as stored
 * @throws CardError where the card fails
 */
export async function openSync(context: SyncContext, card: PimCard): Promise<void> {
  const { request, database } = context;
  const tag = peerTagOf({
    role: "server",
    user: request.user,
    device: request.deviceId,
    datastore: request.peerUri,
  });
  const start = await card.startSync(database, tag, { mayEvict: true });
  const decision = decideStart({
    asked: request.syncType,
    ...(request.anchor.last === undefined ? {} : { last: request.anchor.last }),
    link: context.link,
    card: start,
  });
  const hasRolled = decision.link !== context.link;
  context.link = decision.link;
  context.target = start.proposed;
  context.isMapTrusted =
    decision.link.current !== undefined && decision.link.current.object === start.current;
  const isCommitted = await settlePending(context, card, decision);
  // COMMIT of the object that was current already, after a one-way sync from the peer, has ended the card's sync.
  if (isCommitted && context.link.current?.object === start.current)
    context.target = (await card.startSync(database, tag, { mayEvict: true })).proposed;
  if (hasRolled || isCommitted) await clearIntents(context.db, context.link.id);
  context.intents = await loadIntents(context.db, context.link.id);
  await startFrom(context, card, isCommitted ? undefined : start, decision);
}

/** Only the pending object may be committed after a reset, and only once the peer has proved to hold it. */
async function settlePending(
  context: SyncContext,
  card: PimCard,
  decision: StartDecision,
): Promise<boolean> {
  const { pending } = context.link;
  if (decision.type !== "fast" || !decision.commitPending || pending === undefined) return false;
  const answer = await card.commitSync(context.database, pending.object);
  if (answer.type !== "committed") return false;
  context.link = shiftGenerations(context.link);
  return true;
}

async function startFrom(
  context: SyncContext,
  card: PimCard,
  start: SyncStart | undefined,
  decision: StartDecision,
): Promise<void> {
  if (decision.type === "compareAll") {
    if (!comparesAll(context.syncType)) context.syncType = "slow";
    context.reason = await hintAtSharedDevice(context, decision.reason);
    return listEverything(context, card);
  }
  context.base = decision.base;
  const current = context.link.current?.object;
  if (context.syncType === "oneWayFromClient" && current !== undefined) context.target = current;
  await listSinceBase(context, card, start);
}

/** For slow and refresh syncs, also one that becomes slow because the peer refuses a fast one. */
export async function listEverything(context: SyncContext, card: PimCard): Promise<void> {
  context.base = "none";
  const answer = await card.listChanges(context.database, "everything");
  const changes = answer.type === "listed" ? answer.changes : [];
  context.versions = changes.map((change) => ({ ...change, isDeleted: change.kind === "deleted" }));
  context.listed.clear();
  if (context.intents.some((intent) => !intent.isDone)) await adoptOrphans(context, card, changes);
  if (context.syncType !== "slow")
    context.link = { ...context.link, needsSlow: "a refresh was cut short" };
}

/** @param start what START said of the changes since the current object; undefined once that object is another one */
async function listSinceBase(
  context: SyncContext,
  card: PimCard,
  start: SyncStart | undefined,
): Promise<void> {
  const { link, database, map } = context;
  await map.load({ type: "unfinished" });
  proveHeldAdds(context);
  const isFromCurrent = context.base === "current";
  const base = isFromCurrent ? link.current : link.previous;
  if (base === undefined) return;
  if (isFromCurrent && start?.changesSinceCurrent === 0) return;
  const unseen = isFromCurrent ? undefined : await listUnseen(context, card);
  const answer = await card.listChanges(database, base.object);
  if (answer.type === "unknownObject") {
    context.syncType = "slow";
    context.reason = "the card has dropped this peer's object";
    return listEverything(context, card);
  }
  await takeList(context, card, answer.changes, unseen);
  await adoptOrphans(context, card, answer.changes);
}

/** What changed since the current object: the rest of a list since the previous one was sent last time. */
async function listUnseen(
  { link, database }: SyncContext,
  card: PimCard,
): Promise<ReadonlySet<RecordId> | undefined> {
  if (link.current === undefined) return undefined;
  const answer = await card.listChanges(database, link.current.object);
  return answer.type === "listed" ? new Set(answer.changes.map((change) => change.id)) : undefined;
}

/** The peer has finished the generation that we start from: the Adds of it that had no Status did arrive. */
function proveHeldAdds({ map, link, base }: SyncContext): void {
  if (base !== "current") return;
  for (const row of map.rows())
    if (row.sentState === "sent" && row.sentOp === "add" && row.createdGen <= link.generation)
      map.set({ ...row, sentState: "idle" });
}

async function takeList(
  context: SyncContext,
  card: PimCard,
  changes: readonly ListedChange[],
  unseen: ReadonlySet<RecordId> | undefined,
): Promise<void> {
  const live = changes.filter((change) => change.kind !== "deleted");
  const entries = await context.records.know(card, live);
  for (const change of changes) {
    if (change.kind === "deleted") await context.records.deleted(change.id);
    const entry = entries.get(change.id);
    const state: RecordState = {
      changedBy: changedBy(change, unseen),
      isDeleted: change.kind === "deleted",
      ...(entry === undefined || entry.hash === ""
        ? {}
        : { hash: entry.hash, strongKey: entry.strongKey }),
    };
    context.listed.set(change.id, state);
  }
}

function changedBy(change: ListedChange, unseen: ReadonlySet<RecordId> | undefined): ChangedBy {
  if (change.isOwnUncommitted) return "peer";
  return unseen === undefined || unseen.has(change.id) ? "others" : "othersSeen";
}

/**
 * Rule 1: records that this peer's cut-off session made get their LUIDs back from its intents. What a LUID named before is
 * no longer known to the peer.
 */
async function adoptOrphans(
  context: SyncContext,
  card: PimCard,
  changes: readonly ListedChange[],
): Promise<void> {
  const { map, records, intents } = context;
  const own = changes.filter((change) => change.isOwnCreationUncommitted);
  if (own.length === 0) return;
  await map.load({ type: "records", ids: own.map((change) => change.id) });
  const unmapped = own.filter(
    (change) => change.kind !== "deleted" && map.ofRecord(change.id) === undefined,
  );
  const entries = await records.know(card, unmapped);
  const orphans: Orphan[] = [...entries.values()];
  const bound = bindIntents(intents, orphans);
  await map.load({ type: "luids", luids: bound.map(({ intent }) => intent.luid) });
  for (const { intent, orphan } of bound) {
    const holder = map.ofLuid(intent.luid);
    if (holder !== undefined && holder.deletedGen === undefined) map.set(afterUnmapped(holder));
    map.set({
      recordId: orphan.recordId,
      luid: intent.luid,
      ...(intent.hash === undefined ? {} : { receivedHash: intent.hash }),
      sentState: "idle",
      createdGen: nextGeneration(context),
    });
  }
}

/** The peer refused our anchor: the same sync goes on as a slow one. */
export async function turnSlow(context: SyncContext, card: PimCard): Promise<void> {
  context.syncType = "slow";
  context.reason = "the peer does not know our anchor";
  await listEverything(context, card);
}
