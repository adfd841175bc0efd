import { latestReasons } from "../store/history-store.ts";
import type { SyncContext } from "./sync-context.ts";
import { UNKNOWN_ANCHOR } from "./sync-start.ts";

/** One phone that was reset or restored pays one such sync; two that share an id make it each time. */
const SUSPICIOUS = 3;

const HINT = "perhaps two devices share this device id: give each its own";

/**
 * Looks whether the anchors of a peer are unknown again and again; then the operator is told why that may be.
 * @returns the reason with the hint, or as it was
 */
export async function hintAtSharedDevice(context: SyncContext, reason: string): Promise<string> {
  if (reason !== UNKNOWN_ANCHOR) return reason;
  const { db, request, held, database, log } = context;
  const before = await latestReasons(db, {
    cardUuid: held.uuid,
    database,
    user: request.user,
    peer: request.deviceId,
    limit: SUSPICIOUS - 1,
  });
  const isAgain =
    before.length === SUSPICIOUS - 1 && before.every((each) => each.startsWith(UNKNOWN_ANCHOR));
  if (!isAgain) return reason;
  log.warn({ device: request.deviceId, user: request.user }, HINT);
  return `${reason}; ${HINT}`;
}
