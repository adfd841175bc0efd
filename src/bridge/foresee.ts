import type { PimCard, RecordId } from "../../card/index.ts";
import type { Intent } from "./intent.ts";
import type { Intake, IntakeOperation } from "./item-intake.ts";
import type { SyncContext } from "./sync-context.ts";
import type { ForeseenWrite, Former } from "./sync-journal.ts";

/** An operation of the peer that may lead to a write, and the intent of it. */
export interface Foreseen {
  readonly operation: IntakeOperation;
  readonly intent: Omit<Intent, "seq" | "isDone">;
}

/** @param operations those that could not be read are the numbers of their Statuses */
export function foreseeAll(
  intake: Intake,
  operations: readonly (IntakeOperation | number)[],
): readonly Foreseen[] {
  return operations.flatMap((operation) => {
    const intent = typeof operation === "number" ? undefined : intake.foresee(operation);
    return intent === undefined || typeof operation === "number" ? [] : [{ operation, intent }];
  });
}

/** @returns the records that the operations are about to delete */
export const deletionsOf = (foreseen: readonly Foreseen[]): readonly RecordId[] =>
  foreseen.flatMap(({ intent }) =>
    intent.op === "delete" && intent.recordId !== undefined ? [intent.recordId] : [],
  );

/**
 * Every write to which an operation may lead, also those that its intent does not name: beside an update the copy
 * that a conflict makes, and the end of a record whose LUID names another item now.
 */
export const writesOf =
  ({ map }: SyncContext) =>
  ({ operation, intent }: Foreseen): readonly ForeseenWrite[] => {
    if (operation.type === "delete")
      return intent.recordId === undefined ? [] : [{ recordId: intent.recordId, after: undefined }];
    const after = operation.prepared.hash;
    const { merged } = operation;
    const row = map.ofLuid(operation.luid);
    const named = row?.deletedGen === undefined ? row?.recordId : undefined;
    const ids = new Set([intent.recordId, named].filter((id) => id !== undefined));
    return [
      { after },
      ...(merged === undefined ? [] : [{ recordId: merged.recordId, after: merged.prepared.hash }]),
      ...[...ids].map((recordId) => ({ recordId, after })),
      ...(operation.isAdd ? [...ids].map((recordId) => ({ recordId, after: undefined })) : []),
    ];
  };

/** @returns what the card holds before the writes, as far as the journal does not know it yet */
export async function formerState(
  { records, journal, image }: Pick<SyncContext, "records" | "journal" | "image">,
  card: PimCard,
  writes: readonly ForeseenWrite[],
): Promise<Former> {
  const ids = writes.flatMap(({ recordId }) =>
    recordId === undefined || !journal.needsFormer(recordId) ? [] : [recordId],
  );
  const isFirst = writes.length > 0 && !journal.hasAnnounced;
  return {
    contents: await records.raw(card, [...new Set(ids)]),
    newestCsn: isFirst ? await image.newestCsn() : 0,
  };
}
