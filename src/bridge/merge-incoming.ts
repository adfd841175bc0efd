import type { PimCard } from "../../card/index.ts";
import { fingerprint } from "../pim/fingerprint.ts";
import type { PimItem } from "../pim/item.ts";
import { mergeItem, projectItem } from "../pim/merge/merge-item.ts";
import type { PeerProfile } from "../pim/merge/peer-profile.ts";
import { prepareItem, type PreparedItem } from "./card-records.ts";
import type {
  Intake,
  IntakeOperation,
  MergeCandidate,
  MergedItem,
  PutOperation,
} from "./item-intake.ts";
import { mediaTypeFor, profileFor } from "./peer-datastore.ts";
import type { SyncContext } from "./sync-context.ts";

/**
 * Joins the items of a peer that has said what it can hold with the card's records: what it cannot hold is not deleted
 * by it. Operations that could not be read, and those with nothing to join, stay as they are.
 * @returns the operations in their order; all as they were where the peer has not said what it can hold
 */
export async function mergeIncoming(
  context: SyncContext,
  card: PimCard,
  intake: Intake,
  operations: readonly (IntakeOperation | number)[],
): Promise<readonly (IntakeOperation | number)[]> {
  const profile = cached((mediaType: string | undefined) =>
    profileFor(context, mediaType ?? mediaTypeFor(context)),
  );
  const requests = operations.map((operation) => requestOf(profile, intake, operation));
  const ids = requests.flatMap((request) => request?.candidates.map((each) => each.recordId) ?? []);
  const items = await context.records.items(card, [...new Set(ids)]);
  return operations.map((operation, at) => {
    const request = requests[at];
    if (request === undefined) return operation;
    const merges = request.candidates.flatMap((candidate) => {
      const held = items.get(candidate.recordId);
      return held === undefined ? [] : [merge(request, candidate, held)];
    });
    const merged = merges.find(({ isHeld }) => isHeld) ?? merges.find(({ isCertain }) => isCertain);
    return merged === undefined ? operation : { ...request.operation, merged };
  });
}

interface Request {
  readonly operation: PutOperation;
  readonly profile: PeerProfile;
  readonly candidates: readonly MergeCandidate[];
}

const cached = <K, V>(make: (key: K) => V): ((key: K) => V) => {
  const made = new Map<K, { readonly value: V }>();
  return (key) => {
    const found = made.get(key) ?? { value: make(key) };
    made.set(key, found);
    return found.value;
  };
};

function requestOf(
  profileOf: (mediaType: string | undefined) => PeerProfile | undefined,
  intake: Intake,
  operation: IntakeOperation | number,
): Request | undefined {
  if (typeof operation === "number" || operation.type === "delete" || operation.isFieldLevel)
    return undefined;
  const profile = profileOf(operation.mediaType);
  if (profile === undefined) return undefined;
  return { operation, profile, candidates: intake.candidates(operation) };
}

function merge(
  { operation: { prepared }, profile }: Request,
  { recordId, isCertain, absence }: MergeCandidate,
  held: PimItem,
): MergedItem & { readonly isCertain: boolean } {
  const item = mergeItem({ held, incoming: prepared.item, profile, absence });
  const whole: PreparedItem = { ...prepareItem(item), asSent: prepared };
  const [here, there] = [item, prepared.item].map((one) => fingerprint(projectItem(one, profile)));
  return { recordId, prepared: whole, isHeld: item === held, isRicher: here !== there, isCertain };
}
