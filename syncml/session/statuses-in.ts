import type { SyncId } from "../model/ids.ts";
import type { StatusCommand } from "../model/message.ts";
import type { Acknowledgement } from "./ports.ts";
import { perform, type Work } from "./effects.ts";
import { withDatastore, type Awaited } from "./server-state.ts";
import type { Turn } from "./turn.ts";

const REFRESH_REQUIRED = 508;
const CHUNK_TAKEN = new Set([213, 214]);

/** Works on all Statuses of a message before anything else in it: they may change what the rest means. */
export function* takeStatuses(turn: Turn): Work<void> {
  const acknowledged = new Map<SyncId, Acknowledgement[]>();
  for (const command of turn.message.commands) {
    if (command.type !== "status") continue;
    const key = `${command.msgRef}/${command.cmdRef}`;
    const awaited = turn.state.awaited[key];
    if (awaited === undefined) continue;
    if (awaited.type === "item") note(turn, acknowledged, awaited, command);
    else yield* takeOther(turn, awaited, command);
    forget(turn, key);
  }
  for (const [syncId, acknowledgements] of acknowledged)
    yield* perform({ type: "acknowledge", syncId, acknowledgements });
}

function note(
  turn: Turn,
  acknowledged: Map<SyncId, Acknowledgement[]>,
  awaited: Extract<Awaited, { readonly type: "item" }>,
  status: StatusCommand,
): void {
  const syncId = syncIdOf(turn, awaited.uri);
  if (syncId === undefined || CHUNK_TAKEN.has(status.code)) return;
  const list = acknowledged.get(syncId) ?? [];
  list.push({ ref: awaited.ref, status: status.code });
  acknowledged.set(syncId, list);
}

/** A refused Alert makes the sync slow; a refused Sync ends it. */
function* takeOther(
  turn: Turn,
  awaited: Exclude<Awaited, { readonly type: "item" }>,
  status: StatusCommand,
): Work<void> {
  const syncId = syncIdOf(turn, awaited.uri);
  if (syncId === undefined || isSuccess(status.code)) return;
  if (awaited.type === "alert" && status.code === REFRESH_REQUIRED) {
    yield* perform({ type: "makeSlow", syncId });
    turn.state = withDatastore(turn.state, awaited.uri, { syncType: "slow" });
    return;
  }
  const reason = `the peer refused our ${awaited.type} with ${String(status.code)}`;
  yield* perform({ type: "abandon", syncId, reason });
  turn.state = withDatastore(turn.state, awaited.uri, { stage: "over", refusal: status.code });
}

const isSuccess = (code: number): boolean => code >= 200 && code < 300;

const syncIdOf = (turn: Turn, uri: string): SyncId | undefined =>
  turn.state.datastores.find((each) => each.uri === uri)?.syncId;

function forget(turn: Turn, key: string): void {
  const { [key]: _gone, ...awaited } = turn.state.awaited;
  turn.state = { ...turn.state, awaited };
}
