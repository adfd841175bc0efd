import type { PimCard, RecordId } from "../../card/index.ts";
import { LIMITS } from "../config/limits.ts";
import { saveBackup } from "../store/backup-store.ts";
import type { KeptContent } from "../store/kept-contents.ts";
import type { SyncContext } from "./sync-context.ts";

/** Records looked at between two looks at the clock. */
const SLICE = 25;

/** @returns whether so many removals call for a backup: more than half of the items, and no fewer than ten */
export const isMassDeletion = (removed: number, itemsAtStart: number): boolean =>
  removed >= LIMITS.massDeletion && removed * 2 > itemsAtStart;

/** What the guard needs to know of a sync, or of an undo. */
export type GuardedSync = Pick<
  SyncContext,
  "db" | "log" | "database" | "datastore" | "records" | "journal"
>;

/** Keeps a backup of the database before a sync takes more than half of it away. The peer is obeyed all the same. */
export class MassDeletionGuard {
  readonly #context: GuardedSync;
  readonly #removed = new Set<RecordId>();
  #hasBackup = false;

  constructor(context: GuardedSync) {
    this.#context = context;
  }

  /**
   * To be called before the deletions are announced.
   * @param deletions records that are about to go; those named before count once
   * @returns false where the time was over before the backup was complete: nothing may be deleted yet
   */
  async isReady(
    card: PimCard,
    deletions: readonly RecordId[],
    isLate: () => boolean,
  ): Promise<boolean> {
    for (const recordId of deletions)
      if (!this.#context.journal.hasMade(recordId)) this.#removed.add(recordId);
    if (this.#hasBackup || deletions.length === 0) return true;
    if (this.#removed.size < LIMITS.massDeletion) return true;
    if (!isMassDeletion(this.#removed.size, await this.#itemsAtStart(card))) return true;
    const live = await this.#readRest(card, isLate);
    if (live === undefined) return false;
    await this.#keep(card, live);
    this.#hasBackup = true;
    return true;
  }

  async #itemsAtStart(card: PimCard): Promise<number> {
    const { database, journal } = this.#context;
    const found = (await card.databases()).find(({ id }) => id === database);
    return (found?.live ?? 0) - journal.growth;
  }

  /** Records that no sync has read yet are not in the image: they are read before they go. */
  async #readRest(card: PimCard, isLate: () => boolean): Promise<readonly RecordId[] | undefined> {
    const { database, records, journal } = this.#context;
    const answer = await card.listChanges(database, "everything");
    const changes = answer.type === "listed" ? answer.changes : [];
    const live = changes.filter(({ kind, id }) => kind !== "deleted" && !journal.hasMade(id));
    for (let at = 0; at < live.length; at += SLICE) {
      if (isLate()) return undefined;
      await records.know(card, live.slice(at, at + SLICE));
    }
    return live.map(({ id }) => id);
  }

  /** All items as they were at the sync's start: what this sync has not touched, and what was kept of what it has. */
  async #keep(card: PimCard, live: readonly RecordId[]): Promise<void> {
    const { db, journal, records, log, datastore } = this.#context;
    const items = new Map<RecordId, Omit<KeptContent, "recordId">>([
      ...(await records.raw(card, live)),
      ...(await journal.former(db)),
    ]);
    const contents = [...items].map(([recordId, kept]) => ({ recordId, ...kept }));
    const dropped = await db.transaction().execute(async (trx) => {
      const historyId = await journal.begin(trx);
      await journal.kept.put(trx, historyId, "backup", contents);
      return saveBackup(trx, historyId, contents.length);
    });
    for (const { historyId, purpose } of dropped) journal.kept.forget(historyId, purpose);
    log.warn(
      { datastore, sync: journal.historyId, items: contents.length },
      "a sync removes more than half of the items: a backup is kept, `history undo` brings them back",
    );
    for (const { historyId } of dropped)
      log.warn(
        { sync: historyId },
        "the backup made before this sync has made room for newer ones",
      );
  }
}
