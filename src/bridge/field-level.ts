import type { PimCard } from "../../card/index.ts";
import { mergeItem } from "../pim/merge/merge-item.ts";
import { NAMED_FIELDS_ONLY } from "../pim/merge/peer-profile.ts";
import { prepareItem } from "./card-records.ts";
import type { Intake, IntakeOperation, PutOperation } from "./item-intake.ts";
import { STATUS } from "./status-map.ts";
import { comparesAll, type SyncContext } from "./sync-context.ts";

/**
 * Puts the single fields that a peer sends into the record that they belong to: what follows decides about whole items.
 * The peer gets back what others have changed in the other fields.
 * @returns the operations in their order; 406 for fields of what has none or in a sync that compares whole items, 404
 * for fields of an item that is not there
 * @see OMA-TS-DS_Protocol 1.2, "Field Level Replace"
 */
export async function withFields(
  context: SyncContext,
  card: PimCard,
  intake: Intake,
  operations: readonly (IntakeOperation | number)[],
): Promise<readonly (IntakeOperation | number)[]> {
  const whole: (IntakeOperation | number)[] = [];
  for (const operation of operations)
    whole.push(isOfFields(operation) ? await join(context, card, intake, operation) : operation);
  return whole;
}

const isOfFields = (operation: IntakeOperation | number): operation is PutOperation =>
  typeof operation !== "number" && operation.type === "put" && operation.isFieldLevel;

async function join(
  { kind, syncType, records, listed }: SyncContext,
  card: PimCard,
  intake: Intake,
  operation: PutOperation,
): Promise<PutOperation | number> {
  if (kind === "note" || comparesAll(syncType)) return STATUS.notSupported;
  const recordId = intake.candidates(operation)[0]?.recordId;
  if (recordId === undefined) return STATUS.notFound;
  const held = (await records.items(card, [recordId])).get(recordId);
  if (held === undefined) return STATUS.notFound;
  const incoming = operation.prepared.item;
  const rules = { profile: NAMED_FIELDS_ONLY, absence: "deleted" } as const;
  const item = mergeItem({ held, incoming, ...rules });
  const prepared = prepareItem(item);
  const changedBy = listed.get(recordId)?.changedBy;
  const isRicher = changedBy === "others" || changedBy === "othersSeen";
  const merged = { recordId, prepared, isHeld: item === held, isRicher };
  return { ...operation, prepared, merged };
}
