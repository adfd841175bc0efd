import type { Kysely } from "kysely";
import type { ItemOperation } from "../../syncml/index.ts";
import type { HistoryEntry } from "../store/history-store.ts";
import { pruneHistory } from "../store/history-pruning.ts";
import type { Tables } from "../store/schema.ts";
import type { IntakeOperation } from "./item-intake.ts";
import { comparesAll, type SyncContext } from "./sync-context.ts";
import { TYPE_NAMES } from "./sync-report.ts";

/** How a sync ended; `reason` holds no contents. */
export interface SyncEnd {
  readonly outcome: string;
  readonly reason: string;
}

/** What a sync is in the history until more is heard of it. */
export const INTERRUPTED: SyncEnd = {
  outcome: "interrupted",
  reason: "the service or the card stopped while it ran",
};

/** @returns the history's entry as the sync stands now */
export function entryOf(context: SyncContext, { outcome, reason }: SyncEnd): HistoryEntry {
  const { report, request, datastore, held, database, startedMs } = context;
  return {
    started_ms: startedMs,
    ended_ms: context.now(),
    role: "server",
    card_uuid: held.uuid,
    database,
    user: request.user,
    peer: request.deviceId,
    datastore,
    type_asked: TYPE_NAMES[request.syncType],
    type_done: TYPE_NAMES[context.syncType],
    counts: JSON.stringify({ sent: report.sent, received: report.received }),
    outcome,
    reason,
  };
}

/** Part of the transaction that makes a sync's end durable; old syncs make room. */
export async function enterEnd(
  trx: Kysely<Tables>,
  context: Pick<SyncContext, "journal" | "held" | "database" | "log" | "now">,
  entry: HistoryEntry,
): Promise<void> {
  const { journal, held, database, log } = context;
  await journal.end(trx, entry);
  if (journal.isEmpty) return;
  const place = { cardUuid: held.uuid, epoch: held.epoch, database };
  for (const { historyId, purpose } of await pruneHistory(trx, place, context.now())) {
    journal.kept.forget(historyId, purpose);
    if (purpose === "backup")
      log.warn({ sync: historyId }, "the backup made before this sync was dropped: it is too old");
  }
}

/** Tells the history of an item that the peer sent. */
export function tellReceived(
  context: SyncContext,
  asked: ItemOperation | undefined,
  read: IntakeOperation | number,
  status: number,
): void {
  if (asked === undefined) return;
  const item = typeof read === "object" && read.type === "put" ? read.prepared.item : undefined;
  context.journal.items.received({
    asked: asked.type,
    luid: asked.luid,
    status,
    comparesAll: comparesAll(context.syncType),
    ...(item === undefined ? {} : { item }),
  });
}
