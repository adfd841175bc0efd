import type { Kysely } from "kysely";
import type { RecordId } from "../../card/index.ts";
import type { Luid } from "../../syncml/index.ts";
import { loadRows, saveRows, type RowSelection } from "../store/map-store.ts";
import type { Tables } from "../store/schema.ts";
import type { MapRow } from "./map-row.ts";

/**
 * The rows of one link that a sync has looked at, with its changes until they are saved.
 * Only what is asked for is loaded: a sync without changes reads no row.
 */
export class LinkMap {
  readonly #db: Kysely<Tables>;
  readonly #linkId: number;
  readonly #rows = new Map<RecordId, MapRow>();
  readonly #byLuid = new Map<Luid, RecordId>();
  readonly #changed = new Set<RecordId>();
  readonly #removed = new Set<RecordId>();
  #hasAll = false;

  constructor(db: Kysely<Tables>, linkId: number) {
    this.#db = db;
    this.#linkId = linkId;
  }

  /** Makes the selected rows known to the lookups below. */
  async load(selection: RowSelection): Promise<void> {
    if (this.#hasAll) return;
    for (const row of await loadRows(this.#db, this.#linkId, selection))
      if (!this.#rows.has(row.recordId) && !this.#removed.has(row.recordId)) this.#index(row);
    if (selection.type === "all") this.#hasAll = true;
  }

  ofRecord(recordId: RecordId): MapRow | undefined {
    return this.#rows.get(recordId);
  }

  /** @returns the live row of a LUID; a row of a deleted item only where there is no live one */
  ofLuid(luid: Luid): MapRow | undefined {
    const recordId = this.#byLuid.get(luid);
    return recordId === undefined ? undefined : this.#rows.get(recordId);
  }

  rows(): readonly MapRow[] {
    return [...this.#rows.values()];
  }

  set(row: MapRow): void {
    const old = this.#rows.get(row.recordId);
    if (old?.luid !== undefined && this.#byLuid.get(old.luid) === row.recordId)
      this.#byLuid.delete(old.luid);
    this.#index(row);
    this.#changed.add(row.recordId);
    this.#removed.delete(row.recordId);
  }

  remove(recordId: RecordId): void {
    const old = this.#rows.get(recordId);
    if (old?.luid !== undefined && this.#byLuid.get(old.luid) === recordId)
      this.#byLuid.delete(old.luid);
    this.#rows.delete(recordId);
    this.#changed.delete(recordId);
    this.#removed.add(recordId);
  }

  /** Writes what changed since the last flush. */
  async flush(trx: Kysely<Tables>): Promise<void> {
    if (this.#changed.size === 0 && this.#removed.size === 0) return;
    const rows = [...this.#changed].flatMap((id) => this.#rows.get(id) ?? []);
    const removed = [...this.#removed];
    this.#changed.clear();
    await saveRows(trx, this.#linkId, rows, removed);
  }

  #index(row: MapRow): void {
    this.#rows.set(row.recordId, row);
    if (row.luid === undefined) return;
    const holder = this.#byLuid.get(row.luid);
    const other = holder === undefined ? undefined : this.#rows.get(holder);
    if (row.deletedGen === undefined || other === undefined || other.deletedGen !== undefined)
      this.#byLuid.set(row.luid, row.recordId);
  }
}
