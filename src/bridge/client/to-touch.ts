import type { RecordId } from "../../../card/index.ts";
import type { ClientContext } from "./context.ts";
import type { ListedRecord } from "./listed-record.ts";

/**
 * What the server is to hear of in the next sync though no change of it is listed then: what it refused or did not
 * answer, and rule 7 of architecture section 2: what it was not told of and has not said again.
 * @param unanswered records that left for the server and got no Status
 */
export function recordsToTouch(
  context: ClientContext,
  unanswered: readonly RecordId[],
): ReadonlySet<RecordId> {
  const unsaid = [...unmatched(context), ...untold(context)];
  return new Set([
    ...context.touched,
    ...unanswered,
    ...unsaid.filter((recordId) => !context.told.has(recordId)),
  ]);
}

/** But for those whose Map the server has answered: it holds them. */
function unmatched({ creations, maps }: ClientContext): readonly RecordId[] {
  const confirmed = maps.confirmedRecords();
  return creations
    .unmatched()
    .filter((made) => made.isEdited || made.isDeleted || !confirmed.has(made.recordId))
    .map(({ recordId }) => recordId);
}

/** Where the current object stays what it is, the card's list does, too. */
function untold({ listed, target, attempt }: ClientContext): readonly RecordId[] {
  if (target === attempt.last) return [];
  return [...listed.values()].filter(isChange).map(({ recordId }) => recordId);
}

const isChange = ({ changedBy, kind, hash }: ListedRecord): boolean =>
  changedBy === "others" && (kind === "deleted" || hash !== "");
