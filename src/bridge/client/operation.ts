import type { RecordId } from "../../../card/index.ts";
import { toLuid, type Guid, type Luid } from "../../../syncml/index.ts";
import type { PreparedItem } from "../card-records.ts";

/** One operation of a server whose content has been read. `recordId` is undefined for a LUID that is no number of ours. */
export type ReadOperation =
  | { readonly type: "add"; readonly guid: Guid; readonly prepared: PreparedItem }
  | {
      readonly type: "replace";
      readonly recordId: RecordId | undefined;
      readonly prepared: PreparedItem;
    }
  | { readonly type: "delete"; readonly recordId: RecordId | undefined };

/** LUIDs are the card's record numbers. */
export function recordOfLuid(luid: Luid): RecordId | undefined {
  return /^[1-9]\d{0,9}$/.test(luid) ? (Number(luid) as RecordId) : undefined;
}

export const luidOf = (recordId: RecordId): Luid => toLuid(String(recordId));
