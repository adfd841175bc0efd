import { DATABASE_COUNT } from "../commands/ids.ts";
import type { CardState, OpenSync } from "./card-state.ts";
import type { PeerEntry } from "./peer-table.ts";

/** Whether a deletion in this database may be of interest to anybody. */
export const isDeletionKept = (card: CardState, db: number): boolean =>
  card.openSyncs.has(db) || card.peers.all().some(([, entry]) => entry.db === db);

/** Sets those tombstones of a database free that every peer has seen in every generation it may come back to. */
export const purge = (card: CardState, db: number): void => {
  if (card.headers.tombstoneCount(db) === 0) return;
  const threshold = purgeThreshold(card, db);
  card.headers.slots.forEach((header, index) => {
    if (header?.db === db && header.state === "tombstone" && header.modCsn <= threshold) {
      card.headers.release(index);
    }
  });
};

/**
 * Makes room in a header table that is full of tombstones: purges, then gives up previous generations, then whole
 * peers, the stalest first and those with an open sync last, until a header is free.
 * @returns its index, or undefined where records that live take all of them
 */
export const freeHeader = (card: CardState): number | undefined => {
  const index = card.headers.findFree();
  if (index !== undefined) return index;
  for (let db = 1; db <= DATABASE_COUNT; db++) purge(card, db);
  for (const sacrifice of [dropPrevious, evictPeer]) {
    for (const slot of stalestFirst(card, (entry) => card.headers.tombstoneCount(entry.db) > 0)) {
      if (card.headers.findFree() !== undefined) break;
      sacrifice(card, slot);
    }
  }
  return card.headers.findFree();
};

/** @returns the slot of the peer that a new one may take the place of, 0 where there is none */
export const stalestPeer = (card: CardState): number => stalestFirst(card, () => true)[0] ?? 0;

/** Ends the open sync that lives on this slot: it may not COMMIT any more. */
export const closeSyncOf = (card: CardState, slot: number, entry: PeerEntry): void => {
  const sync = card.openSyncs.get(entry.db);
  if (sync?.slot === slot) card.openSyncs.delete(entry.db);
};

/** @returns all slots that open syncs hold, also those of peers without an entry yet */
export const heldSlots = (card: CardState): ReadonlySet<number> =>
  new Set([...card.openSyncs.values()].map(({ slot }) => slot));

const dropPrevious = (card: CardState, slot: number): void => {
  const entry = card.peers.get(slot);
  if (!entry?.previous) return;
  const sync = card.openSyncs.get(entry.db);
  if (sync?.base === "previous") closeSyncOf(card, slot, entry);
  card.peers.write(slot, { ...entry, previous: undefined });
  purge(card, entry.db);
};

const evictPeer = (card: CardState, slot: number): void => {
  const entry = card.peers.get(slot);
  if (!entry) return;
  closeSyncOf(card, slot, entry);
  card.peers.clear(slot);
  purge(card, entry.db);
};

const stalestFirst = (
  card: CardState,
  isCandidate: (entry: PeerEntry) => boolean,
): readonly number[] => {
  const held = heldSlots(card);
  return card.peers
    .all()
    .filter(([, entry]) => isCandidate(entry))
    .map(([slot, entry]) => ({ slot, isHeld: held.has(slot), seenCsn: newestSeen(entry) }))
    .sort((a, b) => Number(a.isHeld) - Number(b.isHeld) || a.seenCsn - b.seenCsn)
    .map(({ slot }) => slot);
};

const newestSeen = (entry: PeerEntry): number =>
  entry.current?.seenCsn ?? entry.pending?.snapCsn ?? 0;

/** @returns the CSN up to which no peer of this database needs a tombstone; infinite where there is none */
const purgeThreshold = (card: CardState, db: number): number => {
  const seen = card.peers.all().flatMap(([, entry]) => (entry.db === db ? seenBy(entry) : []));
  return Math.min(Number.POSITIVE_INFINITY, ...seen, ...snapOf(card.openSyncs.get(db)));
};

/** A pending generation may still become the current one, also where it is all that a peer has. */
const seenBy = (entry: PeerEntry): readonly number[] => [
  ...[entry.current, entry.previous].flatMap((held) => (held ? [held.seenCsn] : [])),
  ...(entry.pending ? [entry.pending.snapCsn] : []),
];

const snapOf = (sync: OpenSync | undefined): readonly number[] => (sync ? [sync.snapCsn] : []);
