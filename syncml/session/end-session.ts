import { perform, type Work } from "./effects.ts";
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
  turn.state = { ...turn.state, phase: "done", datastores, backlog: [], outbox: [] };
}
