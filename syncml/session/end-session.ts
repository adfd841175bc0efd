import { perform, type Work } from "./effects.ts";
import { isOver, isResumable, type DatastoreState } from "./server-state.ts";
import type { Turn } from "./turn.ts";

const CANCELLED = 514;

/** Gives up what is not finished and ends the session; what still stands in the message is refused. */
export function* endSession(turn: Turn, reason: string): Work<void> {
  for (const { syncId, stage } of turn.state.datastores)
    if (syncId !== undefined && stage !== "over")
      yield* perform({ type: "abandon", syncId, reason });
  const datastores = turn.state.datastores.map((each) => ({
    ...each,
    stage: "over" as const,
    refusal: each.refusal ?? CANCELLED,
  }));
  turn.state = { ...turn.state, phase: "done", datastores, backlog: [], outbox: [], delayed: [] };
}

/** The peer leaves and may come back: its syncs are kept for that, as far as there is something to go on with. */
export function* suspendSession(turn: Turn): Work<void> {
  const datastores: DatastoreState[] = [];
  for (const each of turn.state.datastores) {
    if (each.syncId !== undefined && !isOver(each)) yield* leave(each);
    const stage = isResumable(each) ? "suspended" : "over";
    datastores.push({ ...each, stage, refusal: each.refusal ?? CANCELLED });
  }
  turn.state = {
    ...turn.state,
    phase: "suspended",
    datastores,
    backlog: [],
    outbox: [],
    delayed: [],
  };
}

function* leave(datastore: DatastoreState): Work<void> {
  const { syncId } = datastore;
  if (syncId === undefined) return;
  if (isResumable(datastore)) yield* perform({ type: "suspend", syncId });
  else yield* perform({ type: "abandon", syncId, reason: "the peer suspended the session" });
}
