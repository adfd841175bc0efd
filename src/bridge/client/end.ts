import type { HistoryEntry } from "../../store/history-store.ts";
import { reasonOfError } from "../status-map.ts";
import { TYPE_NAMES } from "../sync-report.ts";
import type { ClientContext } from "./context.ts";
import { serverIdentity } from "./server-identity.ts";
import { SyncStopped } from "./sync-stopped.ts";

/** `stopped`: a guard waits for a person's consent. `reason` holds no contents. */
export interface ClientEnd {
  readonly outcome: "ok" | "partial" | "stopped" | "failed" | "interrupted";
  readonly reason: string;
}

export const endOf = (error: unknown): ClientEnd =>
  error instanceof SyncStopped
    ? { outcome: "stopped", reason: error.message }
    : { outcome: "failed", reason: reasonOfError(error) };

/** @returns the history's entry as the sync stands now */
export function clientEntry(context: ClientContext, end: ClientEnd): HistoryEntry {
  const { report, server, datastore, held, database, startedMs, asked } = context;
  const { user, device } = serverIdentity(server);
  return {
    started_ms: startedMs,
    ended_ms: context.now(),
    role: "client",
    card_uuid: held.uuid,
    database,
    user,
    peer: device,
    datastore,
    type_asked: TYPE_NAMES[asked],
    type_done: TYPE_NAMES[context.syncType],
    counts: JSON.stringify({ sent: report.sent, received: report.received }),
    outcome: end.outcome,
    reason: end.reason,
  };
}
