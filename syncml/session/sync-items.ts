import { toLuid } from "../model/ids.ts";
import type { Command, DeleteCommand, Item, ItemCommand, SyncCommand } from "../model/message.ts";
import type { ItemOperation } from "./ports.ts";
import { ALERT_CODES } from "../spec/alert-codes.ts";
import { perform, type Work } from "./effects.ts";
import { takeChunk } from "./incoming-chunk.ts";
import { refuseAll } from "./refuse-all.ts";
import { withDatastore, type DatastoreState } from "./server-state.ts";
import { owe, type Turn } from "./turn.ts";

const STATUS = {
  ok: 200,
  notExecuted: 215,
  bad: 400,
  notFound: 404,
  notSupported: 406,
  refreshRequired: 508,
  cancelled: 514,
  failed: 510,
} as const;

/** One item of the peer with the command that it stands in, and its Status where that is known without asking. */
interface Entry {
  readonly command: ItemCommand | DeleteCommand;
  readonly item: Item;
  readonly operation?: ItemOperation;
  status?: number;
}

/** Works on a Sync: its items are applied in one batch; each has its own Status. */
export function* handleSync(turn: Turn, sync: SyncCommand): Work<void> {
  const uri = sync.target?.locUri ?? "";
  const datastore = findDatastore(turn, sync);
  if (datastore?.syncId === undefined || datastore.stage !== "open")
    return refuseAll(turn, [sync], datastore?.refusal ?? STATUS.notFound);
  if (isOutdated(turn, datastore))
    return refuseAll(turn, [sync], STATUS.refreshRequired, STATUS.cancelled);
  owe(turn, sync, STATUS.ok, {
    targetRef: uri,
    ...(sync.source === undefined ? {} : { sourceRef: sync.source.locUri }),
  });
  const entries: Entry[] = [];
  collect(turn, datastore.uri, sync.commands, entries);
  const operations = entries.flatMap((entry) => entry.operation ?? []);
  if (operations.length > 0) {
    const statuses = yield* perform({ type: "apply", syncId: datastore.syncId, operations });
    let at = 0;
    for (const entry of entries)
      if (entry.operation !== undefined) entry.status = statuses[at++] ?? STATUS.failed;
  }
  for (const entry of entries) oweItem(turn, entry);
}

/** Clients write the datastore's name in the Sync as in the Alert, or leave one side empty: then the other decides. */
function findDatastore(turn: Turn, sync: SyncCommand): DatastoreState | undefined {
  const { datastores } = turn.state;
  const target = sync.target?.locUri ?? "";
  const source = sync.source?.locUri ?? "";
  return (
    datastores.find((each) => each.uri === target) ??
    (target === "" ? datastores.find((each) => each.peerUri === source) : undefined)
  );
}

/** A Sync in the message of its Alert was made for a fast sync: where that is refused, the client sends all anew. */
const isOutdated = (turn: Turn, datastore: DatastoreState): boolean =>
  turn.state.phase === "init" &&
  datastore.syncType === "slow" &&
  turn.statuses.some(
    (status) =>
      status.cmd === "Alert" &&
      status.code === STATUS.refreshRequired &&
      status.targetRefs.includes(datastore.uri),
  );

/** Gathers the items of item commands, also those in a Sequence, in document order. */
function collect(turn: Turn, uri: string, commands: readonly Command[], entries: Entry[]): void {
  for (const command of commands)
    switch (command.type) {
      case "add":
      case "replace":
        for (const item of command.items) entries.push(toEntry(turn, uri, command, item));
        break;
      case "delete":
        for (const item of command.items) entries.push(toDelete(command, item));
        break;
      case "sequence":
        owe(turn, command, STATUS.ok);
        collect(turn, uri, command.commands, entries);
        break;
      case "atomic":
        refuseAll(turn, [command], STATUS.notSupported, STATUS.notExecuted);
        break;
      default:
        refuseAll(turn, [command], STATUS.notSupported);
    }
}

function toDelete(command: DeleteCommand, item: Item): Entry {
  const luid = item.source?.locUri ?? item.target?.locUri;
  if (luid === undefined) return { command, item, status: STATUS.bad };
  return { command, item, operation: { type: "delete", luid: toLuid(luid) } };
}

function toEntry(turn: Turn, uri: string, command: ItemCommand, item: Item): Entry {
  const luid = item.source?.locUri ?? item.target?.locUri;
  if (luid === undefined) return { command, item, status: STATUS.bad };
  const open = turn.state.chunkIn;
  const isNext = open?.uri === uri && open.luid === luid && open.type === command.type;
  if (open !== undefined && !isNext) reportLostChunk(turn, open.uri, open.luid);
  const source = { uri, luid, command, item };
  const outcome = takeChunk(source, isNext ? open : undefined, turn.env.maxObjSizeBytes);
  const { chunkIn: _old, ...rest } = turn.state;
  turn.state = outcome.type === "chunk" ? { ...rest, chunkIn: outcome.chunk } : rest;
  if (outcome.type !== "whole") return { command, item, status: outcome.status };
  const { content, mediaType } = outcome;
  const type = command.type === "add" ? "add" : "replace";
  const operation: ItemOperation = {
    type,
    luid: toLuid(luid),
    content,
    ...(mediaType === undefined ? {} : { mediaType }),
  };
  return { command, item, operation };
}

/** 223: the last chunk of an item never came before another item began. The item is dropped. */
function reportLostChunk(turn: Turn, uri: string, luid: string): void {
  turn.replies.push({
    type: "alert",
    cmdId: "",
    code: ALERT_CODES.noEndOfData,
    items: [{ target: { locUri: luid }, source: { locUri: uri } }],
  });
}

function oweItem(turn: Turn, { command, item, status }: Entry): void {
  owe(turn, command, status ?? STATUS.failed, {
    ...(item.source === undefined ? {} : { sourceRef: item.source.locUri }),
    ...(item.target === undefined ? {} : { targetRef: item.target.locUri }),
  });
}

/** A datastore whose sync was lost (card gone, service restarted) refuses its Sync, after all, and what follows. */
export function loseDatastore(turn: Turn, uri: string): void {
  for (const [at, status] of turn.statuses.entries())
    if (status.cmd === "Sync" && status.targetRefs.includes(uri))
      turn.statuses[at] = { ...status, code: STATUS.failed };
  turn.state = withDatastore(turn.state, uri, { stage: "over", refusal: STATUS.failed });
}
