import { toLuid } from "../model/ids.ts";
import type { Command, DeleteCommand, Item, ItemCommand, SyncCommand } from "../model/message.ts";
import { delay, oweOperation } from "./delayed.ts";
import { perform, type Work } from "./effects.ts";
import { dropOpenChunk, joinChunks } from "./join-chunks.ts";
import { MAX_KEY_LENGTH } from "./limits.ts";
import { itemsIn } from "./package-end.ts";
import type { ItemOperation } from "./ports.ts";
import { refuseAll } from "./refuse-all.ts";
import {
  findDatastore,
  isOver,
  refuseDatastore,
  withDatastore,
  type DatastoreState,
} from "./server-state.ts";
import { owe, refsOfItem, statusOwed, type Turn } from "./turn.ts";

const STATUS = {
  ok: 200,
  notExecuted: 215,
  bad: 400,
  notFound: 404,
  notSupported: 406,
  uriTooLong: 414,
  refreshRequired: 508,
  failed: 510,
  cancelled: 514,
} as const;

/** What stands in a Sync, in document order: an operation whose Status the datastore gives, or one that is owed anyway. */
type Entry =
  | {
      readonly type: "apply";
      readonly command: ItemCommand | DeleteCommand;
      readonly item: Item;
      readonly operation: ItemOperation;
    }
  | { readonly type: "owe"; readonly owe: () => void };

/** Works on a Sync: its items are applied in one batch; each has its own Status, some in a later message. */
export function* handleSync(turn: Turn, sync: SyncCommand): Work<void> {
  const datastore = findDatastore(turn.state, sync.target?.locUri, sync.source?.locUri);
  const refusal = refusalOf(turn, datastore);
  if (refusal !== undefined) {
    refuseAll(turn, [sync], refusal.code, refusal.inner);
    return;
  }
  if (datastore?.syncId === undefined) return;
  const { uri, syncId } = datastore;
  const announced = sync.numberOfChanges ?? datastore.announced;
  const received = datastore.received + itemCount(sync);
  turn.state = withDatastore(turn.state, uri, { early: "taken", announced, received });
  owe(turn, sync, STATUS.ok, refsOfItem(sync));
  const entries = sync.commands.flatMap((command) => toEntries(turn, uri, command));
  const operations = entries.flatMap((entry) => (entry.type === "apply" ? [entry.operation] : []));
  // What waits already comes first.
  const hasTime = turn.state.delayed.length === 0 && operations.length > 0;
  const statuses = hasTime
    ? yield* perform({ type: "apply", syncId, operations, isUrgent: false })
    : [];
  oweEntries(turn, uri, entries, statuses);
}

/** Chunks count once, with their last one. */
const itemCount = (sync: SyncCommand): number =>
  itemsIn(sync).filter(({ moreData }) => moreData !== true).length;

interface Refusal {
  readonly code: number;
  readonly inner: number;
}

/** Why a Sync cannot be worked on: its datastore is not open, or it was made for a fast sync that was refused. */
function refusalOf(turn: Turn, datastore: DatastoreState | undefined): Refusal | undefined {
  if (datastore === undefined) return all(STATUS.notFound);
  if (isOver(datastore) || datastore.syncId === undefined)
    return all(datastore.refusal ?? STATUS.notFound);
  // Quirk(Funambol clients): a Final too early ended the package; what comes now belongs to it all the same.
  if (datastore.stage !== "open") return undefined;
  if (turn.state.phase !== "init" || !datastore.isRefreshed) return undefined;
  turn.state = withDatastore(turn.state, datastore.uri, { early: "outdated" });
  return { code: STATUS.refreshRequired, inner: STATUS.cancelled };
}

const all = (code: number): Refusal => ({ code, inner: code });

/** A Sequence is executed as it stands, since all is; an Atomic never, since the card cannot take it back. */
function toEntries(turn: Turn, uri: string, command: Command): Entry[] {
  const { type } = command;
  if ("items" in command && command.items.length === 0)
    return [
      owing(() => {
        owe(turn, command, STATUS.bad);
      }),
    ];
  const isAdd = type === "copy" && turn.state.traits.copyIsAdd;
  if (type === "add" || type === "replace" || isAdd)
    return command.items.map((item) => toChange(turn, uri, command, item));
  if (type === "delete") return command.items.map((item) => toDelete(turn, command, item));
  if (type === "sequence") {
    const done = owing(() => {
      owe(turn, command, STATUS.ok);
    });
    return [done, ...command.commands.flatMap((each) => toEntries(turn, uri, each))];
  }
  const inner = type === "atomic" ? STATUS.notExecuted : STATUS.notSupported;
  return [refusing(turn, command, inner)];
}

const owing = (work: () => void): Entry => ({ type: "owe", owe: work });

const refusing = (turn: Turn, command: Command, inner: number): Entry =>
  owing(() => {
    refuseAll(turn, [command], STATUS.notSupported, inner);
  });

const oweItem = (turn: Turn, command: Command, item: Item, code: number): Entry =>
  owing(() => {
    owe(turn, command, code, refsOfItem(item));
  });

const luidOf = ({ source, target }: Item): string | undefined => source?.locUri ?? target?.locUri;

/**
 * A soft delete makes room at the peer and means to keep the item here: as a deletion it would be lost.
 * @see SyncML RepPro 1.1, 5.5.4 and 5.3.2: who cannot archive says 210
 */
function toDelete(turn: Turn, command: DeleteCommand, item: Item): Entry {
  dropOpenChunk(turn);
  if (command.softDelete === true) return oweItem(turn, command, item, STATUS.notSupported);
  const luid = luidOf(item);
  if (luid === undefined) return oweItem(turn, command, item, STATUS.bad);
  if (luid.length > MAX_KEY_LENGTH) return oweItem(turn, command, item, STATUS.uriTooLong);
  return { type: "apply", command, item, operation: { type: "delete", luid: toLuid(luid) } };
}

function toChange(turn: Turn, uri: string, command: ItemCommand, item: Item): Entry {
  const luid = luidOf(item);
  if (luid === undefined) return oweItem(turn, command, item, STATUS.bad);
  if (luid.length > MAX_KEY_LENGTH) return oweItem(turn, command, item, STATUS.uriTooLong);
  const isFieldLevel = (item.meta?.fieldLevel ?? command.meta?.fieldLevel) === true;
  // Only a Replace has a whole item that single fields can be put into.
  if (isFieldLevel && command.type !== "replace") return oweItem(turn, command, item, STATUS.bad);
  const outcome = joinChunks(turn, { uri, luid, command, item });
  if (outcome.type !== "whole") return oweItem(turn, command, item, outcome.status);
  const { content, mediaType } = outcome;
  const operation: ItemOperation = {
    type: command.type === "replace" ? "replace" : "add",
    luid: toLuid(luid),
    content,
    ...(isFieldLevel ? { isFieldLevel } : {}),
    ...(mediaType === undefined ? {} : { mediaType }),
  };
  return { type: "apply", command, item, operation };
}

function oweEntries(
  turn: Turn,
  uri: string,
  entries: readonly Entry[],
  statuses: readonly number[],
): void {
  let at = 0;
  for (const entry of entries) {
    if (entry.type === "owe") {
      entry.owe();
      continue;
    }
    const { command, item, operation } = entry;
    const isArchive = command.type === "delete" && command.archive === true;
    const answer = { status: statusOwed(turn, command, refsOfItem(item)), isArchive };
    const code = statuses[at++];
    if (code === undefined) delay(turn, uri, operation, answer);
    else oweOperation(turn, answer, code);
  }
}

/** A datastore whose sync was lost (card gone, service restarted) refuses its Sync and Maps, after all, and what follows. */
export function loseDatastore(turn: Turn, uri: string): void {
  for (const [at, status] of turn.statuses.entries()) {
    if (status.cmd !== "Sync" && status.cmd !== "Map") continue;
    const named = findDatastore(turn.state, status.targetRefs[0], status.sourceRefs[0]);
    if (named?.uri === uri) turn.statuses[at] = { ...status, code: STATUS.failed };
  }
  turn.state = refuseDatastore(turn.state, uri, STATUS.failed);
}
