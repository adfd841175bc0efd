import type { RecordId } from "../../../card/index.ts";

/** A record that the card lists as "created by you, uncommitted": a server's Add in a sync that was cut short. */
export interface OwnCreation {
  readonly recordId: RecordId;
  readonly isDeleted: boolean;
  /** Somebody else has changed or deleted it since. */
  readonly isEdited: boolean;
  /** Fingerprint and hashed strong key of what it holds now; "" where that cannot be told. */
  readonly hash: string;
  readonly strongKey: string;
  /** Fingerprint of what the server sent, where an intent tells it. */
  readonly receivedHash?: string;
}

/**
 * What an Add that comes again means for its record:
 * - `same`: the record holds it;
 * - `newer`: the record is to take the server's later content;
 * - `edited`: somebody has changed or deleted the record since, and the server is to hear of it next time.
 */
export interface Recognition {
  readonly creation: OwnCreation;
  readonly type: "same" | "newer" | "edited";
}

type Test = (creation: OwnCreation, item: AddedItem) => Recognition["type"] | undefined;

export interface AddedItem {
  readonly hash: string;
  /** Hashed; "" where the item has none. */
  readonly strongKey: string;
}

/** Rule 7 of architecture section 2: by content, then by what was received (a tombstone has no content), then by strong key. */
const TESTS: readonly Test[] = [
  (creation, { hash }) => (!creation.isDeleted && creation.hash === hash ? "same" : undefined),
  (creation, { hash }) => (creation.receivedHash === hash ? "edited" : undefined),
  (creation, { strongKey }) =>
    creation.isDeleted || strongKey === "" || creation.strongKey !== strongKey
      ? undefined
      : ofSameKey(creation),
];

/** Where both sides have changed it, the server's is a new item. */
function ofSameKey(creation: OwnCreation): Recognition["type"] | undefined {
  if (!creation.isEdited) return "newer";
  return creation.receivedHash === undefined ? "edited" : undefined;
}

/** Those records of a cut-off sync that no Add of the server has been matched with. Each is matched at most once. */
export class OwnCreations {
  readonly #left: Map<RecordId, OwnCreation>;

  constructor(creations: Iterable<OwnCreation>) {
    this.#left = new Map([...creations].map((creation) => [creation.recordId, creation]));
  }

  /** Looks only. @returns undefined for an item that is new */
  find(item: AddedItem): Recognition | undefined {
    for (const test of TESTS)
      for (const creation of this.#left.values()) {
        const type = test(creation, item);
        if (type !== undefined) return { creation, type };
      }
    return undefined;
  }

  get(recordId: RecordId): OwnCreation | undefined {
    return this.#left.get(recordId);
  }

  /** The server has named the record. */
  take(recordId: RecordId): void {
    this.#left.delete(recordId);
  }

  unmatched(): readonly OwnCreation[] {
    return [...this.#left.values()];
  }
}
