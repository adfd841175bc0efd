import type { Bridge } from "../bridge/bridge.ts";
import { LIMITS } from "../config/limits.ts";
import type { Operations } from "./operations.ts";

type HistoryOperations = Pick<Operations, "history" | "historyShow" | "historyUndo">;

/** What was synchronized, and the way back. */
export const historyOperations = (
  bridge: Pick<Bridge, "history" | "sync" | "undo">,
): HistoryOperations => ({
  history: () => bridge.history(LIMITS.historyRows),
  historyShow: (wish) => bridge.sync(wish),
  historyUndo: (wish, { progress, signal } = {}) =>
    bridge.undo(wish, {
      ...(signal === undefined ? {} : { signal }),
      progress: (done, total) => progress?.(`${String(done)} of ${String(total)} items`),
    }),
});
