import type { Kysely } from "kysely";
import type { RecordId } from "../../card/index.ts";
import { BridgeError } from "../errors.ts";
import { type StoredSync } from "../store/history-store.ts";
import {
  type JournalPlace,
  loadChanges,
  loadCreated,
  loadSuccessions,
} from "../store/journal-store.ts";
import type { KeptContents } from "../store/kept-contents.ts";
import type { Tables } from "../store/schema.ts";
import { resolveCreations, type UndoChange } from "./undo-plan.ts";

/** What is known of a sync that is to be undone. */
export interface UndoSource {
  readonly historyId: number;
  readonly place: JournalPlace;
  /** `backup`: only what is gone, or is different, can be told; what was added stays. */
  readonly from: "journal" | "backup";
  readonly changes: readonly UndoChange[];
  readonly newestBefore: number;
}

/** @throws BridgeError BRIDGE_NOT_FOUND where nothing of the sync is kept */
export async function loadUndoSource(
  db: Kysely<Tables>,
  kept: KeptContents,
  { entry, journal }: StoredSync,
): Promise<UndoSource> {
  if (journal === undefined)
    throw notKept(`Sync ${String(entry.id)} was made by a version that kept nothing for an undo.`);
  const { history_id: historyId, newest_csn: newestBefore } = journal;
  const place = {
    cardUuid: journal.card_uuid,
    epoch: journal.epoch,
    database: journal.database,
  };
  const source = { historyId, place, newestBefore };
  if (journal.is_pruned === 0)
    return { ...source, from: "journal", changes: await loadChanges(db, historyId) };
  const backup = await kept.hashes(db, historyId, "backup");
  if (backup.size === 0)
    throw notKept(
      `What sync ${String(historyId)} changed is not kept any more: it was too long ago.`,
    );
  const changes = [...backup].map(([recordId, before]) => ({ recordId, before, after: undefined }));
  return { ...source, from: "backup", changes };
}

/** @returns the sync's changes, with the records that creations made which were cut short */
export async function settleChanges(
  db: Kysely<Tables>,
  source: UndoSource,
  live: ReadonlyMap<RecordId, string>,
): Promise<readonly UndoChange[]> {
  const { changes, newestBefore, place, historyId } = source;
  if (changes.every(({ recordId }) => recordId !== undefined)) return changes;
  const taken = await loadCreated(db, place, historyId);
  return resolveCreations({ changes, live, newestBefore, taken });
}

/** @returns which record stands for which, where earlier undos could not revive one */
export async function loadSuccessors(
  db: Kysely<Tables>,
  place: JournalPlace,
  live: ReadonlyMap<RecordId, string>,
): Promise<ReadonlyMap<RecordId, RecordId>> {
  const rows = await loadSuccessions(db, place);
  const taken = new Set(await loadCreated(db, place, 0));
  const successors = new Map<RecordId, RecordId>();
  for (const { change, newestBefore } of rows)
    for (const { recordId, standsFor } of resolveCreations({
      changes: [change],
      live,
      newestBefore,
      taken,
    }))
      if (recordId !== undefined && standsFor !== undefined) {
        taken.add(recordId);
        successors.set(standsFor, recordId);
      }
  return successors;
}

/** @returns former contents, from what was kept before the first write, else from the backup; some may be lost */
export async function loadFormer(
  db: Kysely<Tables>,
  kept: KeptContents,
  historyId: number,
  ids: readonly RecordId[],
): Promise<ReadonlyMap<RecordId, Uint8Array>> {
  const before = await kept.contents(db, historyId, "before", ids);
  const rest = ids.filter((id) => !before.has(id));
  return new Map([...before, ...(await kept.contents(db, historyId, "backup", rest))]);
}

const notKept = (message: string): BridgeError => new BridgeError("BRIDGE_NOT_FOUND", message);
