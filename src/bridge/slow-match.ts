import type { RecordId } from "../../card/index.ts";
import type { ConflictWinner } from "./conflict.ts";
import type { ImageEntry } from "./image.ts";
import { isRepeat, type MapRow } from "./map-row.ts";
import { STATUS } from "./status-map.ts";

/** What a record is recognised by. */
export type Comparable = Pick<ImageEntry, "recordId" | "hash" | "strongKey">;

/** Records of one strong key that are looked into. */
const MAX_TWINS = 8;

/** The card's live records that no item of the peer has been matched with yet. Each is matched at most once. */
export class UnmatchedRecords {
  readonly #records = new Map<RecordId, Comparable>();
  readonly #byHash = new Map<string, Set<RecordId>>();
  readonly #byKey = new Map<string, Set<RecordId>>();

  constructor(entries: Iterable<Comparable>) {
    for (const entry of entries) {
      this.#records.set(entry.recordId, entry);
      const twins = this.#byHash.get(entry.hash) ?? new Set();
      this.#byHash.set(entry.hash, twins.add(entry.recordId));
      const namesakes = this.#byKey.get(entry.strongKey) ?? new Set();
      this.#byKey.set(entry.strongKey, namesakes.add(entry.recordId));
    }
  }

  get(recordId: RecordId): Comparable | undefined {
    return this.#records.get(recordId);
  }

  /** @returns the record with this content that was there first, preferring `hint` */
  findEqual(hash: string, hint: RecordId | undefined): RecordId | undefined {
    const twins = this.#byHash.get(hash);
    if (twins === undefined) return undefined;
    if (hint !== undefined && twins.has(hint)) return hint;
    const [first] = twins;
    return first;
  }

  /** @returns some of the records with this strong key, which is not empty */
  withKey(strongKey: string): readonly RecordId[] {
    return [...(this.#byKey.get(strongKey) ?? [])].slice(0, MAX_TWINS);
  }

  take(recordId: RecordId): void {
    const entry = this.#records.get(recordId);
    if (entry === undefined) return;
    this.#records.delete(recordId);
    const twins = this.#byHash.get(entry.hash);
    twins?.delete(recordId);
    if (twins?.size === 0) this.#byHash.delete(entry.hash);
    this.#byKey.get(entry.strongKey)?.delete(recordId);
  }

  ids(): readonly RecordId[] {
    return [...this.#records.keys()];
  }
}

export interface SlowFacts {
  readonly hash: string;
  readonly strongKey: string;
  /** A record that holds all that the peer says, and what the peer has no room for. */
  readonly held?: RecordId;
  /** The row of the item's LUID: a hint only. */
  readonly row?: MapRow;
  /** True where the card's state is the one that the rows tell of, so that their hashes say who changed an item. */
  readonly isRowTrusted: boolean;
  /** True where the card is to hold what the peer holds, whoever changed it. */
  readonly isRefresh: boolean;
  readonly resolve: (recordId: RecordId) => ConflictWinner;
}

/** `match`: the item is this record; `isSettled` where both hold the same. `update`: it is, with the peer's content. */
export type SlowAction =
  | { readonly type: "create"; readonly status: number }
  | {
      readonly type: "match";
      readonly recordId: RecordId;
      readonly status: number;
      readonly isSettled: boolean;
    }
  | { readonly type: "update"; readonly recordId: RecordId; readonly status: number };

/**
 * Finds the record that an item of a slow sync is: one of equal content, else one that only holds more than
 * the peer can, else the one that the map hints at if it has the same strong key, else none. Never deletes, never guesses: a double can be mended, a false match cannot.
 */
export function matchSlow(facts: SlowFacts, unmatched: UnmatchedRecords): SlowAction {
  const equal = unmatched.findEqual(facts.hash, facts.row?.recordId);
  if (equal !== undefined)
    return { type: "match", recordId: equal, status: STATUS.ok, isSettled: true };
  if (facts.held !== undefined && unmatched.get(facts.held) !== undefined)
    return { type: "match", recordId: facts.held, status: STATUS.ok, isSettled: true };
  const hinted = facts.row === undefined ? undefined : unmatched.get(facts.row.recordId);
  if (facts.row === undefined || hinted === undefined || !hasSameKey(facts, hinted))
    return { type: "create", status: STATUS.added };
  return resolveHinted(facts, facts.row, hinted);
}

const hasSameKey = (facts: SlowFacts, entry: Comparable): boolean =>
  facts.strongKey !== "" && facts.strongKey === entry.strongKey;

function resolveHinted(facts: SlowFacts, row: MapRow, entry: Comparable): SlowAction {
  const { recordId } = entry;
  if (facts.isRowTrusted && !facts.isRefresh && isRepeat(row, facts.hash))
    return { type: "match", recordId, status: STATUS.ok, isSettled: false };
  if (facts.isRowTrusted && isRepeat(row, entry.hash))
    return { type: "update", recordId, status: STATUS.ok };
  switch (facts.resolve(recordId)) {
    case "card":
      return { type: "match", recordId, status: STATUS.serverWon, isSettled: false };
    case "peer":
      return { type: "update", recordId, status: STATUS.clientWon };
    case "both":
      return { type: "create", status: STATUS.duplicated };
  }
}
