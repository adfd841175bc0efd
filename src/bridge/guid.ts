import type { RecordId } from "../../card/index.ts";
import { toGuid, type Guid } from "../../syncml/index.ts";
import type { MapRow } from "./map-row.ts";

/** Shorter names would soon be one for several records; a device that says so means something else. */
const LEAST_SIZE = 4;
const RADIX = 36;

/** What no record number begins with. */
const SHORT_MARK = "#";

const digitsOf = (recordId: RecordId): string => recordId.toString(RADIX);

/**
 * The name of a record for a peer that has none of its own for it yet: its number, or where the peer keeps shorter names
 * only (MaxGUIDSize), the end of its number. It is the same each time, so a Map is understood in any later session.
 * @param maxSize characters; undefined where the peer does not say
 */
export function guidOf(recordId: RecordId, maxSize: number | undefined): Guid {
  const whole = String(recordId);
  if (maxSize === undefined || maxSize < LEAST_SIZE || whole.length <= maxSize)
    return toGuid(whole);
  return toGuid(SHORT_MARK + digitsOf(recordId).slice(1 - maxSize));
}

/** Whether only the rows whose Map is awaited tell what it means. */
export const isShort = (guid: Guid): boolean => guid.startsWith(SHORT_MARK);

/**
 * @param awaited rows whose Map is awaited
 * @returns the record that a Map means; undefined where there is none, or where a short name fits several
 */
export function recordOf(guid: Guid, awaited: readonly MapRow[]): RecordId | undefined {
  if (!isShort(guid)) {
    const recordId = Number(guid);
    return Number.isSafeInteger(recordId) ? (recordId as RecordId) : undefined;
  }
  const [found, ...more] = awaited.filter(
    (row) => row.luid === undefined && digitsOf(row.recordId).endsWith(guid.slice(1)),
  );
  return more.length === 0 ? found?.recordId : undefined;
}
