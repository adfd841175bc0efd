import type { Command, SyncCommand } from "../model/message.ts";
import type { SyncType } from "../model/sync-type.ts";
import type { Draft } from "./draft.ts";
import { perform, type Work } from "./effects.ts";
import { place, toOutgoing, type Placed } from "./outgoing-item.ts";
import {
  refuseDatastore,
  withDatastore,
  type DatastoreState,
  type OutgoingItem,
  type ServerState,
} from "./server-state.ts";
import { loseDatastore } from "./sync-items.ts";
import type { Turn } from "./turn.ts";

const TOO_BIG_FOR_PEER = 416;
const LATER = 417;
const CANCELLED = 514;

/** Less room than this is not worth a chunk, where the next message has more. */
const MIN_CHUNK_BYTES = 400;

/** In these the server sends nothing but statuses. */
const FROM_CLIENT_ONLY: ReadonlySet<SyncType> = new Set(["oneWayFromClient", "refreshFromClient"]);

/**
 * The peer's changes are all in: asks each datastore for its own.
 * @returns false where there was no time for all of them: to be called again with the next message
 */
export function* planPackage(turn: Turn): Work<boolean> {
  for (const datastore of turn.state.datastores) {
    const { uri, syncId, stage } = datastore;
    if (syncId === undefined || stage !== "open") continue;
    if (isRefreshWithoutSync(datastore)) {
      yield* perform({ type: "abandon", syncId, reason: "the peer sent no Sync to refresh from" });
      turn.state = refuseDatastore(turn.state, uri, CANCELLED);
      continue;
    }
    const plan = yield* perform({ type: "endOfChanges", syncId });
    if (plan.type === "late") {
      turn.state = { ...turn.state, phase: "changes", isPackageComplete: true };
      return false;
    }
    if (plan.type === "lost") loseDatastore(turn, uri);
    else turn.state = withDatastore(turn.state, uri, { stage: "planned", count: plan.count });
  }
  turn.state = { ...turn.state, phase: "sending" };
  return true;
}

/** An empty Sync means that the peer holds nothing; none at all says nothing, and must not empty the datastore. */
const isRefreshWithoutSync = ({ syncType, early }: DatastoreState): boolean =>
  syncType === "refreshFromClient" && early !== "taken" && early !== "resumed";

/** Packs what each datastore has to send, in order, until all is in or the message is full. @returns true once all is in */
export function* fillPackage(turn: Turn, draft: Draft): Work<boolean> {
  for (const { uri } of turn.state.datastores) {
    const datastore = turn.state.datastores.find((each) => each.uri === uri);
    if (datastore?.syncId === undefined || datastore.stage !== "planned") continue;
    if (!(yield* fillDatastore(turn, draft, { ...datastore, syncId: datastore.syncId })))
      return false;
  }
  return true;
}

type OpenDatastore = DatastoreState & { readonly syncId: NonNullable<DatastoreState["syncId"]> };

function* fillDatastore(turn: Turn, draft: Draft, datastore: OpenDatastore): Work<boolean> {
  const { uri, syncId } = datastore;
  if (turn.state.traits.completesFromClient || !FROM_CLIENT_ONLY.has(datastore.syncType)) {
    const shell = syncShell(turn, datastore, draft.takeCmdId());
    const shellBytes = draft.sizeOf(shell);
    if (shellBytes > draft.room) return false;
    draft.reserve(shellBytes);
    const commands: Command[] = [];
    const isDone = yield* fillSync(turn, draft, datastore, commands);
    if (commands.length > 0 || (isDone && !datastore.hasSync))
      putSync(turn, draft, { ...shell, commands });
    if (!isDone) return false;
  }
  yield* perform({ type: "changesLeave", syncId });
  turn.state = withDatastore(turn.state, uri, { stage: "sent" });
  return true;
}

function putSync(turn: Turn, draft: Draft, sync: SyncCommand): void {
  const uri = sync.source?.locUri ?? "";
  draft.put(sync);
  draft.await(sync.cmdId, { type: "sync", uri });
  turn.state = withDatastore(turn.state, uri, { hasSync: true });
}

/** NumberOfChanges stands in the first Sync, and only for peers that announce it. */
function syncShell(turn: Turn, datastore: DatastoreState, cmdId: string): SyncCommand {
  const isWanted = turn.state.devInf?.supportNumberOfChanges === true && !datastore.hasSync;
  const isKnown = turn.state.version !== "1.0" && !turn.state.traits.noReplaceInSlowSync;
  return {
    type: "sync",
    cmdId,
    target: { locUri: datastore.peerUri },
    source: { locUri: datastore.uri },
    ...(isWanted && isKnown ? { numberOfChanges: datastore.count } : {}),
    commands: [],
  };
}

/** @returns true once everything of the datastore is in */
function* fillSync(
  turn: Turn,
  draft: Draft,
  datastore: OpenDatastore,
  commands: Command[],
): Work<boolean> {
  for (;;) {
    const item = turn.state.outbox.find(({ uri }) => uri === datastore.uri);
    if (item === undefined) {
      const pulled = yield* pull(turn, draft, datastore);
      if (pulled === "some") continue;
      return pulled === "none";
    }
    if (isWithheld(turn, datastore, item)) {
      yield* giveUp(turn, datastore, item, LATER);
      continue;
    }
    const placed = placeItem(turn, draft, item, {
      isAlone: isAlone(draft, commands),
      isResumed: datastore.isResumed,
    });
    if (placed.type === "impossible") yield* giveUp(turn, datastore, item, TOO_BIG_FOR_PEER);
    else if (placed.type === "full") return false;
    else {
      commands.push(placed.command);
      // Nothing may follow a chunk but the rest of its item.
      if (placed.type === "chunk") return false;
    }
  }
}

/** What does not fit beside the Statuses of the header and of the Alert 222 that asked for this message never will. */
const isAlone = (draft: Draft, commands: readonly Command[]): boolean =>
  commands.length === 0 && draft.holdsOnlyStatuses(2);

function placeItem(
  turn: Turn,
  draft: Draft,
  item: OutgoingItem,
  { isAlone: isOnlyOne, isResumed }: { readonly isAlone: boolean; readonly isResumed: boolean },
): Placed | { readonly type: "impossible" } {
  if (isTooBig(turn, item)) return { type: "impossible" };
  const { uri, ref } = item;
  const cmdId = draft.takeCmdId();
  const placed = place(item, draft, {
    cmdId,
    canChunk: takesChunks(turn.state) && (isOnlyOne || draft.room >= MIN_CHUNK_BYTES),
    isResumed,
  });
  if (placed.type === "full") return isOnlyOne ? { type: "impossible" } : placed;
  draft.reserve(draft.sizeOf(placed.command));
  const type = placed.type === "chunk" ? "chunk" : "item";
  draft.await(cmdId, { type, uri, ref, ...(item.type === "add" ? { isAdd: true } : {}) });
  if (placed.type === "chunk") replaceItem(turn, { ...item, sent: placed.sent });
  else removeItem(turn, item);
  return placed;
}

/** Large objects came with 1.1; a device that says in its DevInf what it can, and not this, cannot. */
function takesChunks({ version, devInf, peer }: ServerState): boolean {
  if (version === "1.0") return false;
  return devInf === undefined || devInf.supportLargeObjs === true || peer.maxObjSize !== undefined;
}

/** @returns whether the outbox has some now, nothing is left, or the time is over */
function* pull(
  turn: Turn,
  draft: Draft,
  { uri, syncId }: OpenDatastore,
): Work<"some" | "none" | "late"> {
  const isPulled = turn.state.datastores.some((each) => each.uri === uri && each.isPulled);
  if (isPulled) return "none";
  if (turn.isLate) return "late";
  const { changes, isDone, isLate } = yield* perform({
    type: "nextChanges",
    syncId,
    maxBytes: Math.max(draft.room, 1),
  });
  turn.isLate = isLate;
  const items = changes.map((change) => toOutgoing(uri, change, turn.env.encoding));
  const isPulledNow = isDone || (changes.length === 0 && !isLate);
  turn.state = withDatastore(turn.state, uri, { isPulled: isPulledNow });
  turn.state = { ...turn.state, outbox: [...turn.state.outbox, ...items] };
  if (items.length > 0) return "some";
  return isPulledNow ? "none" : "late";
}

/** A change that a device cannot bear in a slow sync is sent in the next one. */
const isWithheld = (turn: Turn, { syncType }: OpenDatastore, { type }: OutgoingItem): boolean =>
  type === "replace" && syncType === "slow" && turn.state.traits.noReplaceInSlowSync;

const isTooBig = (turn: Turn, item: OutgoingItem): boolean =>
  Buffer.byteLength(item.text, "utf8") > (turn.state.peer.maxObjSize ?? Infinity);

/** An item that the peer cannot take is noted as refused by it; its neighbours go on. */
function* giveUp(
  turn: Turn,
  { syncId }: OpenDatastore,
  item: OutgoingItem,
  status: number,
): Work<void> {
  removeItem(turn, item);
  const acknowledgements = [{ ref: item.ref, status }];
  yield* perform({ type: "acknowledge", syncId, acknowledgements });
}

function removeItem(turn: Turn, item: OutgoingItem): void {
  turn.state = { ...turn.state, outbox: turn.state.outbox.filter((each) => each !== item) };
}

function replaceItem(turn: Turn, item: OutgoingItem): void {
  const outbox = turn.state.outbox.map((each) =>
    each.uri === item.uri && each.ref === item.ref ? item : each,
  );
  turn.state = { ...turn.state, outbox };
}
