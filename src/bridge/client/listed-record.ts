import type { RecordId } from "../../../card/index.ts";

/** One entry of the card's list since the base, and what this bridge knows of it. */
export interface ListedRecord {
  readonly recordId: RecordId;
  readonly kind: "added" | "modified" | "deleted";
  /** `server`: last written for it, in a sync that was never committed. */
  readonly changedBy: "server" | "others";
  /** Made for the server in such a sync, whoever changed or deleted it since. */
  readonly isOwnCreation: boolean;
  /** Fingerprint of what it holds; "" where it cannot be read as an item, or is deleted. */
  readonly hash: string;
  readonly strongKey: string;
}
