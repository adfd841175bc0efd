import { perform, type Work } from "./effects.ts";
import type { Turn } from "./turn.ts";

const OK = 200;

/**
 * The peer's last package is complete and has no Status for some of what it was sent.
 * Quirk(Funambol clients): the last Statuses are missing, though the items were taken. An Add needs its Map all the same:
 * without one it is sent again.
 */
export function* implyStatuses(turn: Turn): Work<void> {
  if (!turn.state.traits.impliesStatuses) return;
  for (const { uri, syncId, stage } of turn.state.datastores) {
    if (syncId === undefined || stage === "over") continue;
    const acknowledgements = Object.values(turn.state.awaited).flatMap((awaited) =>
      awaited.type === "item" && awaited.uri === uri && awaited.isAdd !== true
        ? [{ ref: awaited.ref, status: OK }]
        : [],
    );
    if (acknowledgements.length > 0)
      yield* perform({ type: "acknowledge", syncId, acknowledgements });
  }
}
