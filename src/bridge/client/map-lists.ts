import type { RecordId } from "../../../card/index.ts";

/**
 * How far the Map of an item that the server added has come:
 * - `pending`: not sent;
 * - `unconfirmed`: sent, and not answered;
 * - `confirmed`: answered in this sync or the last one, kept so that the Add is known if it comes again.
 */
export type MapState = "pending" | "unconfirmed" | "confirmed";

/** One item that the server added, under its own number and ours. */
export interface KnownMap {
  readonly recordId: RecordId;
  readonly guid: string;
  readonly state: MapState;
}

/** The three lists of Maps, one for each state. An Add whose GUID is in any of them is no new item. */
export class MapLists {
  readonly #byGuid = new Map<string, KnownMap>();
  readonly #old = new Set<string>();
  #hasChanged = false;

  /** @param known of earlier syncs */
  constructor(known: Iterable<KnownMap>) {
    for (const map of known) {
      this.#byGuid.set(map.guid, map);
      this.#old.add(map.guid);
    }
  }

  find(guid: string): KnownMap | undefined {
    return this.#byGuid.get(guid);
  }

  /** The item has a record; the server is to be told. */
  add(guid: string, recordId: RecordId): void {
    this.#put({ recordId, guid, state: "pending" });
  }

  /** @returns what the server has to be told, or has not answered; those of earlier syncs first */
  unanswered(): readonly KnownMap[] {
    return this.all().filter(({ state }) => state !== "confirmed");
  }

  sent(guids: readonly string[]): void {
    for (const guid of guids) this.#move(guid, "pending", "unconfirmed");
  }

  confirmed(guids: readonly string[]): void {
    for (const guid of guids) this.#move(guid, "unconfirmed", "confirmed");
  }

  /** Everything is compared: what was mapped before means nothing. */
  clear(): void {
    this.#byGuid.clear();
    this.#old.clear();
    this.#hasChanged = true;
  }

  /** After a commit: only the Maps of that sync are kept. */
  dropOld(): void {
    for (const guid of this.#old)
      if (this.#byGuid.get(guid)?.state === "confirmed") this.#byGuid.delete(guid);
    this.#hasChanged = true;
  }

  /** @returns records whose Map the server has answered */
  confirmedRecords(): ReadonlySet<RecordId> {
    const confirmed = this.all().filter(({ state }) => state === "confirmed");
    return new Set(confirmed.map(({ recordId }) => recordId));
  }

  all(): readonly KnownMap[] {
    return [...this.#byGuid.values()];
  }

  /** @returns what is to be stored now; undefined where nothing has changed since it was last asked */
  takeChanged(): readonly KnownMap[] | undefined {
    if (!this.#hasChanged) return undefined;
    this.#hasChanged = false;
    return this.all();
  }

  #move(guid: string, from: MapState, to: MapState): void {
    const map = this.#byGuid.get(guid);
    if (map?.state === from) this.#put({ ...map, state: to });
  }

  #put(map: KnownMap): void {
    this.#byGuid.set(map.guid, map);
    this.#hasChanged = true;
  }
}
