import { toLuid } from "../model/ids.ts";
import { perform, type Work } from "./effects.ts";
import { MAX_DELAYED_BYTES } from "./limits.ts";
import type { ItemOperation } from "./ports.ts";
import { isOver, type DelayedOperation } from "./server-state.ts";
import { statusOwed, type Turn } from "./turn.ts";

const FAILED = 510;
const FIRST_FAILURE = 300;
/** The item to be deleted was not there. */
const NOT_DELETED = 211;
const ARCHIVED_IS_OK = { ok: 200, notArchived: 210 } as const;

/** What is to be said of an operation once it is done. */
export interface OperationAnswer {
  readonly status: ReturnType<typeof statusOwed>;
  /** The peer wanted a deleted item to be archived first, which nobody does. */
  readonly isArchive: boolean;
}

/** Owes the Status of an operation that was done. */
export function oweOperation(
  turn: Turn,
  { status, isArchive }: OperationAnswer,
  code: number,
): void {
  const { omitsItemStatuses, missingDeleteStatus } = turn.state.traits;
  if (status === undefined || (omitsItemStatuses && code < FIRST_FAILURE)) return;
  const { ok, notArchived } = ARCHIVED_IS_OK;
  const isMissing = status.cmd === "Delete" && code === NOT_DELETED;
  const said = isMissing ? (missingDeleteStatus ?? code) : code;
  turn.statuses.push({ ...status, code: isArchive && code === ok ? notArchived : said });
}

/** Keeps an operation for the next messages, where it comes first. */
export function delay(
  turn: Turn,
  uri: string,
  operation: ItemOperation,
  { status, isArchive }: OperationAnswer,
): void {
  const { type, luid } = operation;
  const body =
    type === "delete"
      ? {}
      : {
          content: Buffer.from(operation.content).toString("base64"),
          ...(operation.isFieldLevel === true ? { isFieldLevel: true } : {}),
          ...(operation.mediaType === undefined ? {} : { mediaType: operation.mediaType }),
        };
  const delayed: DelayedOperation = {
    uri,
    type,
    luid,
    ...body,
    isArchive,
    ...(status === undefined ? {} : { status }),
  };
  turn.state = { ...turn.state, delayed: [...turn.state.delayed, delayed] };
}

/** Does what there was no time for in earlier messages, as far as there is now. Their Statuses name those messages. */
export function* workOffDelayed(turn: Turn): Work<void> {
  for (;;) {
    const [first] = turn.state.delayed;
    if (first === undefined) return;
    const other = turn.state.delayed.findIndex(({ uri }) => uri !== first.uri);
    const batch = other < 0 ? turn.state.delayed : turn.state.delayed.slice(0, other);
    const statuses = yield* applyBatch(turn, first.uri, batch);
    for (const [at, code] of statuses.entries()) {
      const { status, isArchive = false } = batch[at] ?? {};
      oweOperation(turn, { status, isArchive }, code);
    }
    turn.state = { ...turn.state, delayed: turn.state.delayed.slice(statuses.length) };
    if (statuses.length < batch.length) return;
  }
}

/** A peer that goes on sending faster than the card takes has to wait, however long that is. */
function* applyBatch(
  turn: Turn,
  uri: string,
  batch: readonly DelayedOperation[],
): Work<readonly number[]> {
  const datastore = turn.state.datastores.find((each) => each.uri === uri);
  if (datastore?.syncId === undefined || isOver(datastore))
    return batch.map(() => datastore?.refusal ?? FAILED);
  const bytes = batch.reduce((sum, { content = "" }) => sum + content.length, 0);
  return yield* perform({
    type: "apply",
    syncId: datastore.syncId,
    operations: batch.map(toOperation),
    isUrgent: bytes > MAX_DELAYED_BYTES,
  });
}

function toOperation(delayed: DelayedOperation): ItemOperation {
  const { type, luid, mediaType, content = "", isFieldLevel } = delayed;
  if (type === "delete") return { type, luid: toLuid(luid) };
  return {
    type,
    luid: toLuid(luid),
    content: Buffer.from(content, "base64"),
    ...(isFieldLevel === true ? { isFieldLevel } : {}),
    ...(mediaType === undefined ? {} : { mediaType }),
  };
}
