import { concatBytes, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";
import { crc16 } from "../commands/crc16.ts";
import { fromHex8, toPeerTag, toSyncObject } from "../commands/ids.ts";
import type { PeerTag, SyncObject } from "../commands/ids.ts";
import { PEER_ENTRY_BYTES, peerAddress } from "./layout.ts";
import type { Layout } from "./layout.ts";
import type { Nvm } from "./nvm.ts";

/** A point in the card's history that a peer holds: of others' changes it has seen those up to seenCsn, its own are committed up to ownCsn. */
export interface Generation {
  readonly object: SyncObject;
  readonly seenCsn: number;
  readonly ownCsn: number;
}

/** Which generation a sync starts from. */
export type Base = "current" | "previous";

export interface PendingGeneration {
  readonly object: SyncObject;
  readonly snapCsn: number;
  readonly base: Base;
}

/** What the card remembers of one pair (DB1, DB2). */
export interface PeerEntry {
  readonly tag: PeerTag;
  readonly db: number;
  /** The CSN before anything that this peer wrote under this slot: what is older was written by a former owner of it. */
  readonly bornCsn: number;
  /** Modulo 65536. */
  readonly commits: number;
  readonly current?: Generation | undefined;
  readonly previous?: Generation | undefined;
  readonly pending?: PendingGeneration | undefined;
}

const FLAG = { used: 0x01, current: 0x02, previous: 0x04, pending: 0x08, fromPrevious: 0x10 };
const CRC_AT = 60;

/** The peers by slot, from 1. Each change is one atomic write of a whole entry. */
export class PeerTable {
  readonly #nvm: Nvm;
  readonly #layout: Layout;
  readonly #entries: (PeerEntry | undefined)[] = [undefined];

  constructor(nvm: Nvm, layout: Layout) {
    this.#nvm = nvm;
    this.#layout = layout;
    for (let slot = 1; slot <= layout.peerCount; slot++) {
      this.#entries.push(decodeEntry(nvm.read(peerAddress(layout, slot), PEER_ENTRY_BYTES)));
    }
  }

  get(slot: number): PeerEntry | undefined {
    return this.#entries[slot];
  }

  /** All peers with their slots, lowest slot first. */
  all(): readonly (readonly [slot: number, entry: PeerEntry])[] {
    return this.#entries.flatMap((entry, slot) => (entry ? [[slot, entry] as const] : []));
  }

  /** @returns the slot, 0 where this pair is unknown */
  find(db: number, tag: PeerTag): number {
    return this.#findSlot((entry) => entry.db === db && entry.tag === tag);
  }

  /** @returns the slot whose pending object this is, 0 where it is nobody's */
  findPending(db: number, object: SyncObject): number {
    return this.#findSlot((entry) => entry.db === db && entry.pending?.object === object);
  }

  /** @returns the lowest slot that is free and not in `reserved`; 0 where there is none */
  findFree(reserved: ReadonlySet<number>): number {
    for (let slot = 1; slot < this.#entries.length; slot++) {
      if (!this.#entries[slot] && !reserved.has(slot)) return slot;
    }
    return 0;
  }

  write(slot: number, entry: PeerEntry): void {
    this.#nvm.write(peerAddress(this.#layout, slot), encodeEntry(entry), true);
    this.#entries[slot] = entry;
  }

  clear(slot: number): void {
    this.#nvm.write(peerAddress(this.#layout, slot), new Uint8Array(PEER_ENTRY_BYTES), true);
    this.#entries[slot] = undefined;
  }

  #findSlot(isIt: (entry: PeerEntry) => boolean): number {
    return Math.max(
      0,
      this.#entries.findIndex((entry) => entry !== undefined && isIt(entry)),
    );
  }
}

/** @returns all CSNs that the entry names: none of them may be given out again */
export const csnsOf = (entry: PeerEntry): readonly number[] => [
  entry.bornCsn,
  ...[entry.current, entry.previous].flatMap((held) => (held ? [held.seenCsn, held.ownCsn] : [])),
  ...(entry.pending ? [entry.pending.snapCsn] : []),
];

const encodeEntry = (entry: PeerEntry): Uint8Array => {
  const flags =
    FLAG.used |
    (entry.current ? FLAG.current : 0) |
    (entry.previous ? FLAG.previous : 0) |
    (entry.pending ? FLAG.pending : 0) |
    (entry.pending?.base === "previous" ? FLAG.fromPrevious : 0);
  const body = concatBytes(
    toBytes8(entry.tag),
    Uint8Array.of(entry.db, flags),
    u16(entry.commits),
    encodeGeneration(entry.current),
    encodeGeneration(entry.previous),
    toBytes8(entry.pending?.object),
    u32(entry.pending?.snapCsn ?? 0),
    u32(entry.bornCsn),
  );
  return concatBytes(body, u16(crc16(body)), u16(0));
};

const encodeGeneration = (held: Generation | undefined): Uint8Array =>
  concatBytes(toBytes8(held?.object), u32(held?.seenCsn ?? 0), u32(held?.ownCsn ?? 0));

const toBytes8 = (hex: string | undefined): Uint8Array =>
  (hex === undefined ? undefined : fromHex8(hex)) ?? new Uint8Array(8);

/** A wrong checksum makes the entry a free one: the peer is unknown then, and its next sync a slow one. */
const decodeEntry = (bytes: Uint8Array): PeerEntry | undefined => {
  const flags = bytes[9] ?? 0;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (!has(FLAG.used) || readU16(bytes, CRC_AT) !== crc16(bytes.subarray(0, CRC_AT))) {
    return undefined;
  }
  return {
    tag: toPeerTag(bytes.subarray(0, 8)),
    db: bytes[8] ?? 0,
    commits: readU16(bytes, 10),
    current: has(FLAG.current) ? decodeGeneration(bytes.subarray(12)) : undefined,
    previous: has(FLAG.previous) ? decodeGeneration(bytes.subarray(28)) : undefined,
    pending: has(FLAG.pending)
      ? {
          object: toSyncObject(bytes.subarray(44, 52)),
          snapCsn: readU32(bytes, 52),
          base: has(FLAG.fromPrevious) ? "previous" : "current",
        }
      : undefined,
    bornCsn: readU32(bytes, 56),
  };
};

const decodeGeneration = (bytes: Uint8Array): Generation => ({
  object: toSyncObject(bytes.subarray(0, 8)),
  seenCsn: readU32(bytes, 8),
  ownCsn: readU32(bytes, 12),
});
