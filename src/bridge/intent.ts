import type { RecordId } from "../../card/index.ts";
import type { Luid } from "../../syncml/index.ts";

/** A write to the card that was decided. Durable before the write; kept until the commit. Rule 1 of architecture section 2. */
export interface Intent {
  readonly seq: number;
  readonly luid: Luid;
  /** `resolve`: an update where others had changed the record before; it may have become a copy beside the record. */
  readonly op: "create" | "update" | "resolve" | "delete";
  /** Fingerprint and strong key (hashed) of the content; absent for a delete. */
  readonly hash?: string;
  readonly strongKey?: string;
  /** Fingerprint of what the record held, where others had changed it; kept in the client role alone. */
  readonly beforeHash?: string;
  /** Known from the start but for a create. */
  readonly recordId?: RecordId;
  /** True once the write's result is durable in the map. */
  readonly isDone: boolean;
}

/** A record that the card lists as made by this peer in a sync that was never committed, and that no map row names. */
export interface Orphan {
  readonly recordId: RecordId;
  readonly hash: string;
  readonly strongKey: string;
}

/**
 * Finds which unfinished create made which record: by content, then by strong key, then in the order of ids.
 * @param intents any; those done or not creates are passed over
 * @returns pairs, each intent and each orphan at most once; empty where nothing was cut short
 */
export function bindIntents(
  intents: readonly Intent[],
  orphans: readonly Orphan[],
): readonly { readonly intent: Intent; readonly orphan: Orphan }[] {
  const open = intents.filter((intent) => intent.op === "create" && !intent.isDone);
  const free = [...orphans].sort((a, b) => a.recordId - b.recordId);
  const pairs: { intent: Intent; orphan: Orphan }[] = [];
  const tests: readonly ((intent: Intent, orphan: Orphan) => boolean)[] = [
    (intent, orphan) => intent.hash === orphan.hash,
    (intent, orphan) => orphan.strongKey !== "" && intent.strongKey === orphan.strongKey,
    () => true,
  ];
  for (const fits of tests)
    for (const intent of [...open].sort((a, b) => a.seq - b.seq)) {
      const at = free.findIndex((orphan) => fits(intent, orphan));
      const [orphan] = at < 0 ? [] : free.splice(at, 1);
      if (orphan === undefined) continue;
      open.splice(open.indexOf(intent), 1);
      pairs.push({ intent, orphan });
    }
  return pairs;
}
