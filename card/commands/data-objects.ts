import { concatBytes, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";
import { toCardUuid, toCsn, toEpoch } from "./ids.ts";
import type { CardUuid, Csn, Epoch } from "./ids.ts";

/** P2 of GET DATA. */
export const DATA_OBJECT = { free: 0x20, counters: 0x21, identity: 0x22, build: 0x23 } as const;

export interface FreeSpace {
  readonly freeBlocks: number;
  readonly blockSizeBytes: number;
  readonly freeHeaders: number;
  /** The largest content that CREATE would take now, bytes; 0 where it would take none. */
  readonly largestRecordBytes: number;
}

export interface Counters {
  readonly csn: Csn;
  /** COMMITs of all peers that are known, modulo 65536. */
  readonly commits: number;
  readonly tombstones: number;
  readonly peers: number;
  readonly pinTries: number;
  readonly pukTries: number;
}

export interface CardIdentity {
  readonly uuid: CardUuid;
  readonly epoch: Epoch;
}

export const encodeFreeSpace = (free: FreeSpace): Uint8Array =>
  concatBytes(
    u16(free.freeBlocks),
    Uint8Array.of(free.blockSizeBytes),
    u16(free.freeHeaders),
    u16(free.largestRecordBytes),
  );

/** @returns undefined where the size is wrong */
export const decodeFreeSpace = (data: Uint8Array): FreeSpace | undefined =>
  data.length === 7
    ? {
        freeBlocks: readU16(data),
        blockSizeBytes: data[2] ?? 0,
        freeHeaders: readU16(data, 3),
        largestRecordBytes: readU16(data, 5),
      }
    : undefined;

export const encodeCounters = (counters: Counters): Uint8Array =>
  concatBytes(
    u32(counters.csn),
    u16(counters.commits),
    u16(counters.tombstones),
    Uint8Array.of(counters.peers, counters.pinTries, counters.pukTries),
  );

/** @returns undefined where the size is wrong */
export const decodeCounters = (data: Uint8Array): Counters | undefined =>
  data.length === 11
    ? {
        csn: toCsn(readU32(data)),
        commits: readU16(data, 4),
        tombstones: readU16(data, 6),
        peers: data[8] ?? 0,
        pinTries: data[9] ?? 0,
        pukTries: data[10] ?? 0,
      }
    : undefined;

/** @returns undefined where the size is wrong */
export const decodeIdentity = (data: Uint8Array): CardIdentity | undefined =>
  data.length === 16
    ? { uuid: toCardUuid(data.subarray(0, 8)), epoch: toEpoch(data.subarray(8)) }
    : undefined;
