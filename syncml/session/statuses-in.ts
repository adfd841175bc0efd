import type { SyncId } from "../model/ids.ts";
import type { StatusCommand } from "../model/message.ts";
import type { Acknowledgement } from "./ports.ts";
import { perform, type Work } from "./effects.ts";
import { takeHeaderStatus } from "./identify.ts";
import { refuseDatastore, withDatastore, type Awaited } from "./server-state.ts";
import type { Turn } from "./turn.ts";

const STATUS = { refreshRequired: 508, failed: 510 } as const;
const CHUNK_TAKEN = new Set([213, 214]);

/** What is told to the datastores of a message's Statuses, gathered so that each hears of all at once. */
type Acknowledged = Map<SyncId, Acknowledgement[]>;

/**
 * Works on all Statuses of a message before anything else in it: they may change what the rest means.
 * @returns false where the peer has not looked at our last message: then nothing in this one has a meaning
 */
export function* takeStatuses(turn: Turn): Work<boolean> {
  const acknowledged: Acknowledged = new Map();
  const answered = new Set<string>();
  for (const command of turn.message.commands) {
    if (command.type !== "status") continue;
    if (command.cmdRef === "0" && !(yield* takeHeaderStatus(turn, command))) return false;
    const key = `${command.msgRef}/${command.cmdRef}`;
    const awaited = answered.has(key) ? undefined : turn.state.awaited[key];
    if (awaited === undefined) continue;
    answered.add(key);
    yield* take(turn, acknowledged, awaited, command);
  }
  const rest = Object.entries(turn.state.awaited).filter(([key]) => !answered.has(key));
  turn.state = { ...turn.state, awaited: Object.fromEntries(rest) };
  for (const [syncId, acknowledgements] of acknowledged)
    yield* perform({ type: "acknowledge", syncId, acknowledgements });
  return true;
}

function* take(
  turn: Turn,
  acknowledged: Acknowledged,
  awaited: Awaited,
  status: StatusCommand,
): Work<void> {
  switch (awaited.type) {
    case "item":
      note(turn, acknowledged, awaited, status.code);
      break;
    case "chunk":
      takeChunkStatus(turn, acknowledged, awaited, status.code);
      break;
    case "alert":
    case "sync":
      yield* takeOther(turn, awaited, status.code);
  }
}

type ItemRef = Extract<Awaited, { readonly ref: number }>;

function note(turn: Turn, acknowledged: Acknowledged, { uri, ref }: ItemRef, status: number): void {
  const syncId = syncIdOf(turn, uri);
  if (syncId === undefined || CHUNK_TAKEN.has(status)) return;
  const list = acknowledged.get(syncId) ?? [];
  list.push({ ref, status });
  acknowledged.set(syncId, list);
}

/** A refused chunk is the answer to its item: the rest of it stays here. */
function takeChunkStatus(
  turn: Turn,
  acknowledged: Acknowledged,
  chunk: ItemRef,
  status: number,
): void {
  if (isSuccess(status)) return;
  const outbox = turn.state.outbox.filter(({ uri, ref }) => uri !== chunk.uri || ref !== chunk.ref);
  if (outbox.length === turn.state.outbox.length) return;
  turn.state = { ...turn.state, outbox };
  note(turn, acknowledged, chunk, status);
}

/** A refused Alert makes the sync slow, as long as nothing was exchanged, now or before a resume; a refused Sync ends it. */
function* takeOther(
  turn: Turn,
  { type, uri }: Exclude<Awaited, ItemRef>,
  code: number,
): Work<void> {
  const datastore = turn.state.datastores.find((each) => each.uri === uri);
  if (datastore?.syncId === undefined || datastore.stage === "over" || isSuccess(code)) return;
  const { syncId, stage, early } = datastore;
  if (
    type === "alert" &&
    code === STATUS.refreshRequired &&
    stage === "open" &&
    early !== "resumed"
  ) {
    const isSlow = yield* perform({ type: "makeSlow", syncId });
    turn.state = isSlow
      ? withDatastore(turn.state, uri, { syncType: "slow" })
      : refuseDatastore(turn.state, uri, STATUS.failed);
    return;
  }
  const reason = `the peer refused our ${type} with ${String(code)}`;
  yield* perform({ type: "abandon", syncId, reason });
  turn.state = refuseDatastore(turn.state, uri, code);
}

const isSuccess = (code: number): boolean => code >= 200 && code < 300;

const syncIdOf = (turn: Turn, uri: string): SyncId | undefined =>
  turn.state.datastores.find((each) => each.uri === uri)?.syncId;
