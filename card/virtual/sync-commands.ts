import { concatBytes, readU16, u16 } from "../apdu/bytes.ts";
import { SW } from "../apdu/status-word.ts";
import { toCsn, toPeerTag, toSyncObject } from "../commands/ids.ts";
import type { PeerTag, SyncObject } from "../commands/ids.ts";
import { encodeListEntry, ENTRY_BYTES } from "../commands/list-changes.ts";
import type { ListMode } from "../commands/list-changes.ts";
import { encodeSyncStart } from "../commands/start-sync.ts";
import { ABORT_DROPS_PENDING, LIST_MODE, START_MAY_EVICT } from "../commands/table.ts";
import type { CardState, OpenSync } from "./card-state.ts";
import { isListed, toListedChange } from "./change-tracking.ts";
import type { ChangeView } from "./change-tracking.ts";
import { databaseOf, expectLength, ok, page, pageSize } from "./command.ts";
import type { Command, Handler } from "./command.ts";
import type { Base, PeerEntry } from "./peer-table.ts";
import { closeSyncOf, heldSlots, purge, stalestPeer } from "./purge.ts";
import { Refusal } from "./refusal.ts";

const EVERYTHING = "0000000000000000" as SyncObject;
const NEVER = "ffffffffffffffff" as SyncObject;
const MOST_COUNTED = 0xfffe;

/** Opens a sync and proposes a new object. Writes nothing. */
export const startSync: Handler = (card, command) => {
  const db = databaseOf(command);
  if ((command.p2 & ~START_MAY_EVICT) !== 0) throw new Refusal(SW.wrongParameters);
  expectLength(command, 8);
  card.openSyncs.delete(db);
  const tag = toPeerTag(command.data);
  const sync: OpenSync = {
    db,
    tag,
    slot: card.peers.find(db, tag) || card.peers.findFree(heldSlots(card)),
    snapCsn: card.csn,
    proposed: drawObject(card),
    mayEvict: (command.p2 & START_MAY_EVICT) !== 0,
    base: "current",
    hasWritten: false,
  };
  card.openSyncs.set(db, sync);
  const { current, previous, pending } = entryOf(card, sync) ?? {};
  return ok(
    encodeSyncStart({
      ...(current && { current: current.object }),
      ...(previous && { previous: previous.object }),
      ...(pending && { pending: pending.object }),
      proposed: sync.proposed,
      changesSinceCurrent: countChanges(card, sync),
      snapCsn: toCsn(sync.snapCsn),
    }),
  );
};

/** Tells which records differ from a generation, page by page in the order of headers. Writes nothing. */
export const listChanges: Handler = (card, command) => {
  const db = databaseOf(command);
  if (command.p2 !== LIST_MODE.ids && command.p2 !== LIST_MODE.full) {
    throw new Refusal(SW.wrongParameters);
  }
  expectLength(command, 10);
  const view = openView(card, db, toSyncObject(command.data.subarray(0, 8)));
  return listPage(card, command, db, view);
};

const listPage = (
  card: CardState,
  command: Command,
  db: number,
  view: ChangeView,
): ReturnType<Handler> => {
  const mode: ListMode = command.p2 === LIST_MODE.ids ? 0 : 1;
  const room = Math.floor((pageSize(command) - 2) / ENTRY_BYTES[mode]);
  if (room < 1) throw new Refusal(SW.wrongLength);
  const entries: Uint8Array[] = [];
  const { slots } = card.headers;
  for (let index = readU16(command.data, 8); index < slots.length; index++) {
    const header = slots[index];
    if (header?.db !== db || !isListed(header, view)) continue;
    if (entries.length === room) return page(concatBytes(u16(index), ...entries), false);
    entries.push(encodeListEntry(toListedChange(header, view), mode));
  }
  return page(concatBytes(u16(slots.length), ...entries), true);
};

/** Makes the proposed object durable as pending, before a message leaves after which the peer may hold it. */
export const prepareSync: Handler = (card, command) => {
  const sync = expectSync(card, databaseOf(command));
  expectLength(command, 8);
  if (toSyncObject(command.data) !== sync.proposed) throw new Refusal(SW.conflict);
  const entry = entryForWriting(card, sync);
  const { proposed: object, snapCsn, base } = sync;
  if (entry.pending?.object !== object || entry.pending.base !== base) {
    card.peers.write(sync.slot, { ...entry, pending: { object, snapCsn, base } });
  }
  return ok();
};

/** Replaces the current object: by the proposed one, by the pending one, or by itself. */
export const commitSync: Handler = (card, command) => {
  const db = databaseOf(command);
  expectLength(command, 8);
  commit(card, db, toSyncObject(command.data));
  purge(card, db);
  return ok();
};

const commit = (card: CardState, db: number, object: SyncObject): void => {
  const sync = card.openSyncs.get(db);
  if (sync?.proposed === object) {
    commitProposed(card, sync);
    return;
  }
  const slot = sync ? card.peers.find(db, sync.tag) : card.peers.findPending(db, object);
  const entry = card.peers.get(slot);
  if (entry?.pending?.object === object && sync?.hasWritten !== true) {
    commitPending(card, slot, entry, object);
    if (sync) sync.base = "current";
  } else if (sync) {
    commitCurrent(card, sync, entry, object);
  } else {
    throw new Refusal(SW.noOpenSync);
  }
};

/** A one-way sync from the peer: it has told us all and learnt nothing, so only its own writes are settled. */
const commitCurrent = (
  card: CardState,
  sync: OpenSync,
  entry: PeerEntry | undefined,
  object: SyncObject,
): void => {
  if (entry?.current?.object !== object) throw new Refusal(SW.conflict);
  expectChangeable(card);
  card.peers.write(sync.slot, { ...entry, current: { ...entry.current, ownCsn: card.csn } });
  card.openSyncs.delete(sync.db);
};

/** What the card saw from the snapshot on is found by the next sync: seenCsn is the snapshot's, never today's. */
const commitProposed = (card: CardState, sync: OpenSync): void => {
  const entry = entryForWriting(card, sync);
  card.peers.write(sync.slot, {
    ...entry,
    commits: (entry.commits + 1) & 0xffff,
    previous: sync.base === "current" ? (entry.current ?? entry.previous) : entry.previous,
    current: { object: sync.proposed, seenCsn: sync.snapCsn, ownCsn: card.csn },
    pending: undefined,
  });
  card.openSyncs.delete(sync.db);
};

const commitPending = (
  card: CardState,
  slot: number,
  entry: PeerEntry,
  object: SyncObject,
): void => {
  expectChangeable(card);
  const { snapCsn = 0, base = "current" } = entry.pending ?? {};
  card.peers.write(slot, {
    ...entry,
    commits: (entry.commits + 1) & 0xffff,
    previous: base === "current" ? (entry.current ?? entry.previous) : entry.previous,
    current: { object, seenCsn: snapCsn, ownCsn: card.csn },
    pending: undefined,
  });
};

/** Ends the open sync, if any; with P2 = 01 its peer's pending object goes too. */
export const abortSync: Handler = (card, command) => {
  const db = databaseOf(command);
  if ((command.p2 & ~ABORT_DROPS_PENDING) !== 0) throw new Refusal(SW.wrongParameters);
  expectLength(command, 0);
  if (command.p2 === ABORT_DROPS_PENDING) dropPending(card, expectSync(card, db));
  card.openSyncs.delete(db);
  return ok();
};

const dropPending = (card: CardState, sync: OpenSync): void => {
  const entry = entryOf(card, sync);
  if (!entry?.pending) return;
  if (entry.current) card.peers.write(sync.slot, { ...entry, pending: undefined });
  else card.peers.clear(sync.slot);
};

/** @throws Refusal 6A88 for an unknown object, 6986 for one that needs an open sync */
const openView = (card: CardState, db: number, object: SyncObject): ChangeView => {
  const sync = card.openSyncs.get(db);
  if (object === EVERYTHING) return everything(card, sync);
  if (!sync) throw new Refusal(SW.noOpenSync);
  const entry = entryOf(card, sync);
  const base = (["current", "previous"] as const).find((name) => entry?.[name]?.object === object);
  if (!entry || !base) throw new Refusal(SW.unknownReference);
  sync.base = base;
  return viewFrom(sync, entry, base);
};

const viewFrom = (sync: OpenSync, entry: PeerEntry, name: Base): ChangeView => {
  const { seenCsn = 0, ownCsn = 0 } = entry[name] ?? {};
  const committedCsn = Math.max(ownCsn, entry.bornCsn);
  return { slot: sync.slot, snapCsn: sync.snapCsn, base: { seenCsn, ownCsn }, committedCsn };
};

/** Without an open sync it is nobody's view, up to now. */
const everything = (card: CardState, sync: OpenSync | undefined): ChangeView => {
  const base = { seenCsn: 0, ownCsn: 0 };
  const entry = sync && entryOf(card, sync);
  if (!sync || !entry)
    return { slot: 0, snapCsn: sync?.snapCsn ?? card.csn, base, committedCsn: 0 };
  const committedCsn = Math.max(entry.current?.ownCsn ?? 0, entry.bornCsn);
  return { slot: sync.slot, snapCsn: sync.snapCsn, base, committedCsn };
};

const countChanges = (card: CardState, sync: OpenSync): number => {
  const entry = entryOf(card, sync);
  const view = entry?.current ? viewFrom(sync, entry, "current") : everything(card, sync);
  if (card.headers.newestCsn(sync.db) <= view.base.seenCsn) return 0;
  let count = 0;
  for (const header of card.headers.slots) {
    if (header?.db === sync.db && isListed(header, view)) count++;
  }
  return Math.min(count, MOST_COUNTED);
};

const expectSync = (card: CardState, db: number): OpenSync => {
  const sync = card.openSyncs.get(db);
  if (!sync) throw new Refusal(SW.noOpenSync);
  return sync;
};

/** A slot may be held for a peer that has no entry yet. */
const entryOf = (
  card: CardState,
  { db, tag }: { db: number; tag: PeerTag },
): PeerEntry | undefined => card.peers.get(card.peers.find(db, tag));

/** @throws Refusal 6A84 where all entries are taken and this sync may not evict, or the CSNs are used up */
const entryForWriting = (card: CardState, sync: OpenSync): PeerEntry => {
  expectChangeable(card);
  if (sync.slot === 0) takeSlot(card, sync);
  const fresh = { tag: sync.tag, db: sync.db, bornCsn: sync.snapCsn, commits: 0 };
  return entryOf(card, sync) ?? fresh;
};

/** The stalest peer's entry is overwritten by the new one's in one write; its open sync, if any, ends here. */
const takeSlot = (card: CardState, sync: OpenSync): void => {
  const free = card.peers.findFree(heldSlots(card));
  const slot = free || (sync.mayEvict ? stalestPeer(card) : 0);
  if (slot === 0) throw new Refusal(SW.full);
  const victim = card.peers.get(slot);
  if (victim) closeSyncOf(card, slot, victim);
  sync.slot = slot;
};

const expectChangeable = (card: CardState): void => {
  if (card.meta.isExhausted) throw new Refusal(SW.full);
};

const drawObject = (card: CardState): SyncObject => {
  for (;;) {
    const object = toSyncObject(card.random(8));
    if (object !== EVERYTHING && object !== NEVER) return object;
  }
};
