import { perform, type Work } from "./effects.ts";
import type { Turn } from "./turn.ts";

/** Gives up what is not finished and ends the session. */
export function* endSession(turn: Turn, reason: string): Work<void> {
  for (const { syncId, stage } of turn.state.datastores)
    if (syncId !== undefined && stage !== "over")
      yield* perform({ type: "abandon", syncId, reason });
  turn.state = { ...turn.state, phase: "done", backlog: [], outbox: [] };
}
