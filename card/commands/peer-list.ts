import { concatBytes, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";
import { DATABASE_COUNT, fromHex8, toCsn, toDatabaseId, toPeerTag } from "./ids.ts";
import type { Csn, DatabaseId, PeerTag } from "./ids.ts";

/** One pair (DB1, DB2) that the card remembers; its objects are never listed. */
export interface Peer {
  /** 1..64. */
  readonly slot: number;
  readonly db: DatabaseId;
  readonly peerTag: PeerTag;
  /** What the peer has seen; 0 where it has no current object yet. */
  readonly seenCsn: Csn;
  readonly commits: number;
  readonly hasCurrent: boolean;
  readonly hasPrevious: boolean;
  readonly hasPending: boolean;
  readonly isOpen: boolean;
}

export const PEER_BYTES = 17;
const FLAG = { current: 0x01, previous: 0x02, pending: 0x04, open: 0x80 } as const;

export const encodePeer = (peer: Peer): Uint8Array =>
  concatBytes(
    Uint8Array.of(peer.slot, peer.db),
    fromHex8(peer.peerTag) ?? new Uint8Array(8),
    u32(peer.seenCsn),
    u16(peer.commits),
    Uint8Array.of(
      (peer.hasCurrent ? FLAG.current : 0) |
        (peer.hasPrevious ? FLAG.previous : 0) |
        (peer.hasPending ? FLAG.pending : 0) |
        (peer.isOpen ? FLAG.open : 0),
    ),
  );

/** @returns undefined where the size is no whole number of entries or a database is impossible */
export const decodePeerPage = (
  data: Uint8Array,
): { readonly nextCursor: number; readonly peers: readonly Peer[] } | undefined => {
  if (data.length < 1 || (data.length - 1) % PEER_BYTES !== 0) return undefined;
  const peers: Peer[] = [];
  for (let offset = 1; offset < data.length; offset += PEER_BYTES) {
    peers.push(decodePeer(data.subarray(offset, offset + PEER_BYTES)));
  }
  const isPossible = peers.every(({ db }) => db >= 1 && db <= DATABASE_COUNT);
  return isPossible ? { nextCursor: data[0] ?? 0, peers } : undefined;
};

const decodePeer = (bytes: Uint8Array): Peer => {
  const flags = bytes[16] ?? 0;
  return {
    slot: bytes[0] ?? 0,
    db: toDatabaseId(bytes[1] ?? 0),
    peerTag: toPeerTag(bytes.subarray(2, 10)),
    seenCsn: toCsn(readU32(bytes, 10)),
    commits: readU16(bytes, 14),
    hasCurrent: (flags & FLAG.current) !== 0,
    hasPrevious: (flags & FLAG.previous) !== 0,
    hasPending: (flags & FLAG.pending) !== 0,
    isOpen: (flags & FLAG.open) !== 0,
  };
};
