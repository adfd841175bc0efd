import type { RecordId } from "../../../card/index.ts";
import { bindIntents } from "../intent.ts";
import type { ClientContext } from "./context.ts";
import type { ListedRecord } from "./listed-record.ts";
import { type OwnCreation, OwnCreations } from "./own-creations.ts";

/** Finds the records that a sync cut short made, and what the server had sent for each, as far as this bridge knows. */
export function findCreations(
  context: Pick<ClientContext, "intents" | "maps">,
  records: readonly ListedRecord[],
): OwnCreations {
  const own = records.filter((record) => record.isOwnCreation);
  const received = receivedHashes(context, own);
  const creations = own.map((record): OwnCreation => {
    const receivedHash = received.get(record.recordId);
    return {
      recordId: record.recordId,
      isDeleted: record.kind === "deleted",
      isEdited: record.changedBy === "others",
      hash: record.hash,
      strongKey: record.strongKey,
      ...(receivedHash === undefined ? {} : { receivedHash }),
    };
  });
  return new OwnCreations(creations);
}

/** A record whose Map was noted is named by it; the others are found by content, strong key and order. */
function receivedHashes(
  { intents, maps }: Pick<ClientContext, "intents" | "maps">,
  own: readonly ListedRecord[],
): ReadonlyMap<RecordId, string> {
  const hashes = new Map<RecordId, string>();
  const open = intents.filter((intent) => {
    const known = intent.op === "create" ? maps.find(intent.luid) : undefined;
    if (known !== undefined && intent.hash !== undefined) hashes.set(known.recordId, intent.hash);
    return known === undefined;
  });
  const orphans = own.filter(({ recordId }) => !hashes.has(recordId));
  for (const { intent, orphan } of bindIntents(open, orphans))
    if (intent.hash !== undefined) hashes.set(orphan.recordId, intent.hash);
  return hashes;
}
