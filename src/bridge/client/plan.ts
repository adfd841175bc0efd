import type { RecordId } from "../../../card/index.ts";
import { inOrder, type PlannedChange } from "../outgoing-plan.ts";
import type { ListedRecord } from "./listed-record.ts";

export interface ClientPlanFacts {
  readonly listed: Iterable<ListedRecord>;
  /** Records for which a sync that was cut short had a write of the server's in hand. */
  readonly inHand: ReadonlySet<RecordId>;
  /** Records of which the server has said (404) that it has no such item. */
  readonly missing: ReadonlySet<RecordId>;
}

/**
 * What package 3 of a fast sync says: the card's list, less what is the server's own. Rule 7 of architecture section 2:
 * what the server made or was about to change in a sync that was cut short waits until it has said it again.
 * @returns Deletes, then Replaces, then Adds
 */
export function planClient(facts: ClientPlanFacts): readonly PlannedChange[] {
  const planned: PlannedChange[] = [];
  for (const record of facts.listed)
    if (isForServer(record, facts.inHand))
      planned.push({ op: opFor(record, facts.missing), recordId: record.recordId });
  return inOrder(planned);
}

const isForServer = (record: ListedRecord, inHand: ReadonlySet<RecordId>): boolean =>
  record.changedBy === "others" &&
  !record.isOwnCreation &&
  !inHand.has(record.recordId) &&
  (record.kind === "deleted" || record.hash !== "");

function opFor(
  { kind, recordId }: ListedRecord,
  missing: ReadonlySet<RecordId>,
): PlannedChange["op"] {
  if (kind === "deleted") return "delete";
  return kind === "added" || missing.has(recordId) ? "add" : "replace";
}
