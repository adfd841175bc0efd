import type { PimCard, RecordId, UpdateOutcome } from "../../card/index.ts";
import type { ForeseenWrite, SyncJournal } from "./sync-journal.ts";
import type { ReadyStep, UndoOutcome, UndoPlace } from "./undo-step.ts";

/** Where a step writes, and who records it. */
export interface UndoTarget {
  readonly place: UndoPlace;
  readonly journal: SyncJournal;
}

/**
 * Puts one record back, as nobody's change. One that somebody has changed since it was listed is left alone.
 * @throws CardError where the card fails
 */
export async function writeStep(
  card: PimCard,
  target: UndoTarget,
  { step, former, version }: ReadyStep,
): Promise<UndoOutcome> {
  const { recordId } = step;
  const { place, journal } = target;
  const options = { asNobody: true, ...(version === undefined ? {} : { ifCsn: version.modCsn }) };
  if (step.type === "delete") return deleteRecord(card, target, recordId, options);
  if (former === undefined) return "not kept";
  const { before: hash, key } = step;
  const written =
    step.type === "replace"
      ? await card.update(place.database, recordId, former, options)
      : await restore(card, place, recordId, former);
  if (written.type === "full") return "no room";
  if (written.type !== "written") return "left alone";
  const isNew = written.id !== recordId;
  const type = step.type === "replace" ? "update" : isNew ? "create" : "revive";
  journal.wrote({ type, recordId: written.id, hash }, isNew ? key : undefined);
  await place.records.wroteRaw(written.id, written, former);
  return "done";
}

async function deleteRecord(
  card: PimCard,
  { place, journal }: UndoTarget,
  recordId: RecordId,
  options: Parameters<PimCard["delete"]>[2],
): Promise<UndoOutcome> {
  const answer = await card.delete(place.database, recordId, options);
  if (answer.type === "conflict") return "left alone";
  if (answer.type === "deleted") journal.wrote({ type: "delete", recordId });
  await place.records.deleted(recordId);
  return "done";
}

/** Under the same number where the card still remembers the deletion, else as a new record. */
async function restore(
  card: PimCard,
  { database }: UndoPlace,
  recordId: RecordId,
  former: Uint8Array,
): Promise<UpdateOutcome> {
  const revived = await card.revive(database, recordId, former, { asNobody: true });
  if (revived.type !== "missing") return revived;
  return card.create(database, former, { asNobody: true });
}

/** @returns the writes to which a step may lead: a restored record may become a new one, which stands for it. */
export function writesOf({ step }: ReadyStep): readonly ForeseenWrite[] {
  const { recordId, key } = step;
  if (step.type === "delete") return [{ recordId, after: undefined }];
  const write = { recordId, after: step.before };
  return step.type === "replace" ? [write] : [write, { after: step.before, standsFor: key }];
}
