import type { Kysely, Selectable } from "kysely";
import { BridgeError } from "../errors.ts";
import type { Cipher } from "../store/cipher.ts";
import { loadItems } from "../store/history-item-store.ts";
import { type HistoryEntry, listHistory, loadSync } from "../store/history-store.ts";
import type { JournalRow } from "../store/journal-tables.ts";
import type { Tables } from "../store/schema.ts";
import type { ItemEvent } from "./item-event.ts";
import { meaningOf } from "./status-meaning.ts";
import { whyItsType } from "./sync-reason.ts";
import type { ItemCounts } from "./sync-report.ts";

export interface HistoryView {
  /** By which the sync is named in commands. */
  readonly id: number;
  readonly started: string;
  readonly ended: string;
  readonly role: string;
  readonly peer: string;
  readonly datastore: string;
  readonly typeAsked: string;
  readonly typeDone: string;
  readonly sent: ItemCounts;
  readonly received: ItemCounts;
  /** `ok`, `partial`, `failed`, `interrupted`, or `running`. */
  readonly outcome: string;
  readonly reason: string;
}

/** One item of a sync; `reason` says what a Status means, where the item did not simply go through. */
export interface ItemView extends ItemEvent {
  readonly seq: number;
  readonly reason?: string;
}

/** One sync with what happened to each item. */
export interface SyncView extends HistoryView {
  /** Why the sync was of its type: what was compared, in a sentence. */
  readonly why: string;
  readonly items: readonly ItemView[];
  /** Items beyond the number that the history tells of. */
  readonly itemsLeftOut: number;
  /** How much of it `history undo` can bring back. */
  readonly undo: "item by item" | "from a backup" | "not possible";
  /** The sync that this undo has undone. */
  readonly undoOf: number | null;
  /** Items in the backup that was made before a mass deletion; null where none was. */
  readonly backupItems: number | null;
}

/** @param running numbers of syncs that are under way @returns at most `limit`, newest first */
export async function viewHistory(
  db: Kysely<Tables>,
  limit: number,
  running: ReadonlySet<number>,
): Promise<readonly HistoryView[]> {
  return (await listHistory(db, limit)).map((entry) => viewEntry(entry, running));
}

export interface SyncViewWish {
  readonly sync: number;
  readonly withTitles: boolean;
}

/** @throws BridgeError BRIDGE_NOT_FOUND */
export async function viewSync(
  { db, cipher }: { readonly db: Kysely<Tables>; readonly cipher: Cipher },
  { sync, withTitles }: SyncViewWish,
  running: ReadonlySet<number>,
): Promise<SyncView> {
  const stored = await loadSync(db, sync);
  if (stored === undefined)
    throw new BridgeError(
      "BRIDGE_NOT_FOUND",
      `There is no sync ${String(sync)}; \`cardsync history\` shows all.`,
    );
  const { entry, journal } = stored;
  const view = viewEntry(entry, running);
  return {
    ...view,
    why: whyItsType({
      role: view.role,
      typeDone: view.typeDone,
      base: journal?.base,
      reason: view.reason,
      isOver: view.outcome === "ok" || view.outcome === "partial",
    }),
    items: (await loadItems(db, cipher, sync, withTitles)).map(withReason),
    itemsLeftOut: journal?.items_left_out ?? 0,
    undo: undoOf(journal),
    undoOf: journal?.undo_of ?? null,
    backupItems: journal?.backup_items ?? null,
  };
}

function withReason(event: ItemEvent & { readonly seq: number }): ItemView {
  const reason = event.status === undefined ? undefined : meaningOf(event.status);
  return reason === undefined ? event : { ...event, reason };
}

function undoOf(journal: Selectable<JournalRow> | undefined): SyncView["undo"] {
  if (journal?.is_pruned === 0) return "item by item";
  return (journal?.backup_items ?? null) === null ? "not possible" : "from a backup";
}

function viewEntry(
  entry: HistoryEntry & { readonly id: number },
  running: ReadonlySet<number>,
): HistoryView {
  const counts = JSON.parse(entry.counts) as { sent: ItemCounts; received: ItemCounts };
  const isRunning = running.has(entry.id);
  return {
    id: entry.id,
    started: toIso(entry.started_ms),
    ended: toIso(entry.ended_ms),
    role: entry.role,
    peer: `${entry.user}@${entry.peer}`,
    datastore: entry.datastore,
    typeAsked: entry.type_asked,
    typeDone: entry.type_done,
    sent: counts.sent,
    received: counts.received,
    outcome: isRunning ? "running" : entry.outcome,
    reason: isRunning ? "" : entry.reason,
  };
}

const toIso = (ms: number): string => new Date(ms).toISOString();
