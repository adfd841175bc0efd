import { concatBytes, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";
import { decodeTlvs, encodeTlv, findTlv } from "../apdu/tlv.ts";
import { fromHex8, toCsn, toSyncObject } from "./ids.ts";
import type { Csn, SyncObject } from "./ids.ts";

/** What START SYNC answers; an object that the card does not hold is absent. */
export interface SyncStart {
  readonly current?: SyncObject;
  readonly previous?: SyncObject;
  readonly pending?: SyncObject;
  readonly proposed: SyncObject;
  /** What LIST from the current object (from everything, where there is none) would give; {@link AT_LEAST_ONE} is inexact. */
  readonly changesSinceCurrent: number;
  readonly snapCsn: Csn;
}

/** `changesSinceCurrent` of a card that is too slow to count. */
export const AT_LEAST_ONE = 0xffff;

const TAG = {
  current: 0x80,
  proposed: 0x81,
  changes: 0x82,
  snap: 0x83,
  previous: 0x84,
  pending: 0x85,
};

export const encodeSyncStart = (start: SyncStart): Uint8Array =>
  concatBytes(
    encodeObject(TAG.current, start.current),
    encodeObject(TAG.previous, start.previous),
    encodeObject(TAG.pending, start.pending),
    encodeObject(TAG.proposed, start.proposed),
    encodeTlv(TAG.changes, u16(start.changesSinceCurrent)),
    encodeTlv(TAG.snap, u32(start.snapCsn)),
  );

const encodeObject = (tag: number, object: SyncObject | undefined): Uint8Array =>
  object === undefined ? new Uint8Array() : encodeTlv(tag, fromHex8(object) ?? new Uint8Array());

/** @returns undefined where a field is missing or has a wrong size */
export const decodeSyncStart = (data: Uint8Array): SyncStart | undefined => {
  const tlvs = decodeTlvs(data);
  if (!tlvs?.every(({ tag, value }) => value.length === sizeOf(tag))) return undefined;
  const object = (tag: number): SyncObject | undefined => {
    const value = findTlv(tlvs, tag);
    return value && toSyncObject(value);
  };
  const [current, previous, pending] = [TAG.current, TAG.previous, TAG.pending].map(object);
  const proposed = object(TAG.proposed);
  const changes = findTlv(tlvs, TAG.changes);
  const snap = findTlv(tlvs, TAG.snap);
  if (!proposed || !changes || !snap) return undefined;
  return {
    ...(current && { current }),
    ...(previous && { previous }),
    ...(pending && { pending }),
    proposed,
    changesSinceCurrent: readU16(changes),
    snapCsn: toCsn(readU32(snap)),
  };
};

const sizeOf = (tag: number): number => {
  if (tag === TAG.changes) return 2;
  return tag === TAG.snap ? 4 : 8;
};
