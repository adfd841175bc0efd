import type { PimCard, RecordId } from "../../../card/index.ts";
import type { Guid } from "../../../syncml/index.ts";
import type { PreparedItem } from "../card-records.ts";
import { STATUS } from "../status-map.ts";
import type { ClientContext } from "./context.ts";

/** Writes a server's items to the card and keeps list, Maps and image in step. Each method answers with the item's Status. */
export class ClientCardWriter {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  async create(card: PimCard, guid: Guid, prepared: PreparedItem): Promise<number> {
    const { database, records, maps } = this.#context;
    const written = await card.create(database, prepared.content);
    if (written.type === "full") return STATUS.full;
    maps.add(guid, written.id);
    this.#holds("create", written.id, prepared);
    await records.wrote(written.id, written, prepared);
    return STATUS.added;
  }

  /** Gives a record new content, and life where it was deleted. One that somebody changes while the sync runs is left for the next. */
  async write(card: PimCard, recordId: RecordId, prepared: PreparedItem): Promise<number> {
    const { database, records } = this.#context;
    const updated = await card.update(database, recordId, prepared.content, {});
    const isDeleted = updated.type === "missing";
    const written = isDeleted
      ? await card.revive(database, recordId, prepared.content, {})
      : updated;
    switch (written.type) {
      case "full":
        return STATUS.full;
      case "conflict":
        return STATUS.retryLater;
      case "missing":
        return STATUS.notFound;
      case "written":
        this.#holds(isDeleted ? "revive" : "update", recordId, prepared);
        await records.wrote(recordId, written, prepared);
        return STATUS.ok;
    }
  }

  async delete(card: PimCard, recordId: RecordId): Promise<number> {
    const { database, records, listed, journal } = this.#context;
    const answer = await card.delete(database, recordId, {});
    if (answer.type === "conflict") return STATUS.retryLater;
    if (answer.type === "deleted") journal.wrote({ type: "delete", recordId });
    listed.delete(recordId);
    await records.deleted(recordId);
    return answer.type === "missing" ? STATUS.notDeleted : STATUS.ok;
  }

  /** Rule 8 of architecture section 2: what the bridge makes itself is nobody's, so that every peer gets it. */
  async copy(card: PimCard, prepared: PreparedItem): Promise<number> {
    const { database, records, journal } = this.#context;
    const written = await card.create(database, prepared.content, { asNobody: true });
    if (written.type === "full") return STATUS.full;
    journal.wrote({ type: "copy", recordId: written.id, hash: prepared.hash });
    await records.wrote(written.id, written, prepared);
    return STATUS.duplicated;
  }

  /** The record holds what the server has said: it gets nothing of it back. */
  agree(recordId: RecordId): void {
    const { listed } = this.#context;
    const record = listed.get(recordId);
    if (record !== undefined) listed.set(recordId, { ...record, changedBy: "server" });
  }

  /** The record holds the server's word. */
  #holds(
    type: "create" | "update" | "revive",
    recordId: RecordId,
    { hash, strongKey }: PreparedItem,
  ): void {
    this.#context.journal.wrote({ type, recordId, hash });
    this.#context.listed.set(recordId, {
      recordId,
      kind: "modified",
      changedBy: "server",
      isOwnCreation: false,
      hash,
      strongKey,
    });
  }
}
