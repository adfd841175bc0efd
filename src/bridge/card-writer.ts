import type { PimCard, RecordId } from "../../card/index.ts";
import type { Luid } from "../../syncml/index.ts";
import { exchanged, type PreparedItem } from "./card-records.ts";
import { afterReceived, afterUnmapped, type MapRow } from "./map-row.ts";
import { STATUS } from "./status-map.ts";
import { nextGeneration, type SyncContext } from "./sync-context.ts";

/**
 * Writes a peer's items to the card and keeps map, image and list in step.
 * Each method answers with the item's Status; a card that fails throws CardError.
 */
export class CardWriter {
  /** Conflict copies made in this sync: nobody's records, which the peer gets as Adds. */
  readonly copies: RecordId[] = [];
  /** Records that hold the peer's own word: it gets none of them back. */
  readonly written = new Set<RecordId>();
  readonly #context: SyncContext;

  constructor(context: SyncContext) {
    this.#context = context;
  }

  async create(card: PimCard, luid: Luid, prepared: PreparedItem, status: number): Promise<number> {
    const { database, map, records } = this.#context;
    const written = await card.create(database, prepared.content);
    if (written.type === "full") return STATUS.full;
    this.#tell("create", written.id, prepared);
    this.bind(written.id, luid, prepared.hash);
    map.set({
      recordId: written.id,
      luid,
      receivedHash: prepared.hash,
      sentState: "idle",
      createdGen: nextGeneration(this.#context),
    });
    await records.wrote(written.id, written, prepared);
    return status;
  }

  /** Where a third party changed the record while this sync runs, the peer's version becomes a copy. */
  async update(
    card: PimCard,
    row: MapRow & { readonly luid: Luid },
    prepared: PreparedItem,
    write: { readonly type: "update" | "revive"; readonly status: number },
  ): Promise<number> {
    const { database, map, records } = this.#context;
    const written =
      write.type === "update"
        ? await card.update(database, row.recordId, prepared.content, {})
        : await card.revive(database, row.recordId, prepared.content, {});
    switch (written.type) {
      case "full":
        return STATUS.full;
      case "conflict":
        return this.copy(card, row, prepared.asSent ?? prepared);
      case "missing":
        map.remove(row.recordId);
        return this.create(card, row.luid, prepared.asSent ?? prepared, STATUS.added);
      case "written":
        this.#tell(write.type, row.recordId, prepared);
        this.bind(row.recordId, row.luid, prepared.hash);
        map.set(afterReceived(row, row.luid, exchanged(prepared)));
        await records.wrote(row.recordId, written, prepared);
        return write.status;
    }
  }

  async delete(card: PimCard, row: MapRow, status: number): Promise<number> {
    const { database, map, records, listed } = this.#context;
    const answer = await card.delete(database, row.recordId, {});
    if (answer.type === "conflict") {
      map.set(afterUnmapped(row));
      return STATUS.serverWon;
    }
    if (answer.type === "deleted")
      this.#context.journal.wrote({ type: "delete", recordId: row.recordId });
    map.set({ ...row, sentState: "idle", deletedGen: nextGeneration(this.#context) });
    listed.set(row.recordId, { changedBy: "peer", isDeleted: true });
    await records.deleted(row.recordId);
    return status;
  }

  /**
   * Rule 8: what the bridge makes itself is written as nobody's, so that every peer gets it. The row remembers what was
   * received: a peer that says it again in the next sync makes no second copy.
   */
  async copy(
    card: PimCard,
    row: MapRow & { readonly luid: Luid },
    prepared: PreparedItem,
  ): Promise<number> {
    const { database, map, records } = this.#context;
    const written = await card.create(database, prepared.content, { asNobody: true });
    if (written.type === "full") return STATUS.full;
    this.#tell("copy", written.id, prepared);
    this.copies.push(written.id);
    map.set(afterReceived(row, row.luid, exchanged(prepared)));
    await records.wrote(written.id, written, prepared);
    return STATUS.duplicated;
  }

  /** The LUID names this record from now on; whatever it named before is no longer known to the peer. */
  bind(recordId: RecordId, luid: Luid, hash: string): void {
    const { map, listed } = this.#context;
    const holder = map.ofLuid(luid);
    if (holder !== undefined && holder.recordId !== recordId && holder.deletedGen === undefined)
      map.set(afterUnmapped(holder));
    listed.set(recordId, { changedBy: "peer", isDeleted: false, hash });
    this.written.add(recordId);
  }

  #tell(
    type: "create" | "update" | "revive" | "copy",
    recordId: RecordId,
    item: PreparedItem,
  ): void {
    this.#context.journal.wrote({ type, recordId, hash: item.hash });
  }
}
