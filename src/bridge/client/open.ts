import type { ListedChange, PimCard, SyncObject } from "../../../card/index.ts";
import type { SyncType } from "../../../syncml/index.ts";
import { loadClientMemory } from "../../store/client-store.ts";
import { clearIntents, loadIntents } from "../../store/intent-store.ts";
import { shiftGenerations } from "../link.ts";
import { peerTagOf } from "../peer-tag.ts";
import { comparesAll } from "../sync-context.ts";
import type { ClientContext } from "./context.ts";
import type { ListedRecord } from "./listed-record.ts";
import { MapLists } from "./map-lists.ts";
import { findCreations } from "./find-creations.ts";
import { serverIdentity } from "./server-identity.ts";
import type { CardObjects } from "../sync-start.ts";
import { decideClientStart, type Attempt } from "./start.ts";

const CUT_REFRESH = "a refresh of the card was cut short";

/**
 * Tells the card with whom it synchronizes and decides what the Alert says. Nothing else is written to the card but,
 * before a sync that replaces or compares everything, that what both sides had in common is over: were it cut short,
 * the next sync compares everything too, at whatever bridge.
 * @throws CardError where the card fails
 */
export async function openClient(context: ClientContext, card: PimCard): Promise<void> {
  const { db, database } = context;
  const tag = peerTagOf(serverIdentity(context.server));
  let objects = await card.startSync(database, tag, { mayEvict: true });
  const cut = await cutRefresh(context, card, objects);
  const asked = cut ?? context.asked;
  context.wanted = asked;
  const isForgotten = comparesAll(asked) && cut !== "refreshFromServer";
  if (isForgotten && (objects.current ?? objects.pending) !== undefined) {
    await card.forgetPeer(database, tag);
    objects = await card.startSync(database, tag, { mayEvict: true });
  }
  context.changesSinceCurrent = objects.changesSinceCurrent;
  const before = context.link.current?.object;
  context.start = decideClientStart({ asked, link: context.link, card: objects });
  // The flag has to stay until that refresh has come to its end.
  if (cut === undefined) context.link = context.start.link;
  context.reason = cut === undefined ? context.start.reason : CUT_REFRESH;
  const isOurs = context.start.isMemoryTrusted && context.link.current?.object === before;
  if (isOurs) context.intents = await loadIntents(db, context.link.id);
  else await clearIntents(db, context.link.id);
  await remember(context);
  takeAttempt(context, context.start.attempts[0]);
}

/** What the next session's Alert says. */
export function takeAttempt(context: ClientContext, attempt: Attempt): void {
  context.attempt = attempt;
  context.target = attempt.next;
}

/**
 * A refresh of the card that was cut short here is finished by another one, so that no old versions are left beside the
 * server's; but a card that somebody has changed since is compared with the server.
 * @returns undefined where none was cut short, or something else was asked for that replaces or compares everything
 */
async function cutRefresh(
  { asked, link, database }: ClientContext,
  card: PimCard,
  { pending, current }: CardObjects,
): Promise<"refreshFromServer" | "slow" | undefined> {
  const object = link.pending?.object;
  if (link.needsSlow !== CUT_REFRESH || object === undefined || comparesAll(asked))
    return undefined;
  if (object !== current) {
    if (object !== pending) return undefined;
    if ((await card.commitSync(database, object)).type !== "committed") return "slow";
  }
  const since = await card.listChanges(database, object);
  return since.type === "listed" && since.changes.length === 0 ? "refreshFromServer" : "slow";
}

async function remember(context: ClientContext): Promise<void> {
  if (!context.start.isMemoryTrusted) return;
  const { maps, missing } = await loadClientMemory(context.db, context.link.id);
  context.maps = new MapLists(maps);
  for (const recordId of missing) context.missing.add(recordId);
}

/**
 * The server has agreed to a sync of this type: what the attempt said is proved, and the card tells what is to be
 * exchanged. The list is taken before the first write.
 */
export async function takeAccepted(
  context: ClientContext,
  card: PimCard,
  syncType: SyncType,
): Promise<void> {
  context.syncType = syncType;
  if (comparesAll(syncType)) return listEverything(context, card);
  context.base = "current";
  const earlier = await commitPending(context, card);
  const changes = await listSinceBase(context, card);
  if (changes === undefined) throw new Error("the card has dropped the object that it gave");
  for (const record of await describeAll(context, card, changes))
    context.listed.set(record.recordId, record);
  context.creations = findCreations(context, [...context.listed.values(), ...earlier]);
  if (context.attempt.base === "pending") await forgetIntents(context);
}

/** The server has finished the sync that they belong to. */
async function forgetIntents(context: ClientContext): Promise<void> {
  await clearIntents(context.db, context.link.id);
  context.intents = [];
}

/**
 * The server holds the pending object: it has finished the sync that was cut short.
 * @returns the records that were made in that sync, as they were before its commit
 */
async function commitPending(
  context: ClientContext,
  card: PimCard,
): Promise<readonly ListedRecord[]> {
  const { attempt, database, start } = context;
  if (attempt.base !== "pending" || attempt.last === undefined) return [];
  const current = start.attempts.find(({ base }) => base === "current")?.last ?? "everything";
  const before = await listed(context, card, current);
  const made = (before ?? []).filter((change) => change.isOwnCreationUncommitted);
  const answer = await card.commitSync(database, attempt.last);
  if (answer.type !== "committed")
    throw new Error("the card refused the commit of the pending object");
  context.link =
    context.link.pending?.object === attempt.last
      ? shiftGenerations(context.link)
      : { ...context.link, current: { object: attempt.last, peerAnchor: "" } };
  return describeAll(context, card, made);
}

async function listSinceBase(
  context: ClientContext,
  card: PimCard,
): Promise<readonly ListedChange[] | undefined> {
  const { base, last } = context.attempt;
  if (base === "current" && context.changesSinceCurrent === 0) return [];
  return last === undefined ? undefined : listed(context, card, last);
}

async function listed(
  { database }: ClientContext,
  card: PimCard,
  base: SyncObject | "everything",
): Promise<readonly ListedChange[] | undefined> {
  const answer = await card.listChanges(database, base);
  return answer.type === "listed" ? answer.changes : undefined;
}

/** Maps of earlier syncs mean nothing any more. */
async function listEverything(context: ClientContext, card: PimCard): Promise<void> {
  const changes = (await listed(context, card, "everything")) ?? [];
  context.maps.clear();
  context.missing.clear();
  if (context.syncType === "refreshFromServer")
    context.link = { ...context.link, needsSlow: CUT_REFRESH };
  await context.image.retain(new Set(changes.filter(isLive).map(({ id }) => id)));
  const records = await describeAll(context, card, changes);
  context.creations = findCreations(context, records);
  for (const record of records)
    if (record.kind !== "deleted") context.listed.set(record.recordId, record);
}

const isLive = (change: ListedChange): boolean => change.kind !== "deleted";

async function describeAll(
  context: ClientContext,
  card: PimCard,
  changes: readonly ListedChange[],
): Promise<readonly ListedRecord[]> {
  const live = changes.filter(isLive);
  const entries = await context.records.know(card, live);
  const described: ListedRecord[] = [];
  for (const change of changes) {
    if (!isLive(change)) await context.records.deleted(change.id);
    const entry = entries.get(change.id);
    // What was changed after the snapshot is not in the image: it is left for the next sync.
    const isStill =
      entry !== undefined && (await context.image.find(change.id, change)) !== undefined;
    const { hash, strongKey } = isStill ? entry : { hash: "", strongKey: "" };
    described.push({ ...identityOf(change), hash, strongKey });
  }
  return described;
}

const identityOf = (
  change: ListedChange,
): Pick<ListedRecord, "recordId" | "kind" | "changedBy" | "isOwnCreation"> => ({
  recordId: change.id,
  kind: change.kind,
  changedBy: change.isOwnUncommitted ? "server" : "others",
  isOwnCreation: change.isOwnCreationUncommitted,
});
