import { concatBytes, toHex } from "../apdu/bytes.ts";
import { SW } from "../apdu/status-word.ts";
import { DATA_OBJECT, encodeCounters, encodeFreeSpace } from "../commands/data-objects.ts";
import { encodeDatabase } from "../commands/databases.ts";
import { DATABASE_COUNT, toCsn, toDatabaseId, toPeerTag } from "../commands/ids.ts";
import { MAX_LABEL_BYTES, MAX_RECORD_BYTES } from "../commands/limits.ts";
import { encodePeer, PEER_BYTES } from "../commands/peer-list.ts";
import type { CardState } from "./card-state.ts";
import { databaseOf, expectLength, ok, page, pageSize } from "./command.ts";
import type { Handler } from "./command.ts";
import { BLOCK_BYTES, LABEL_BYTES, LABELS_AT, PAYLOAD_BYTES } from "./layout.ts";
import type { PeerEntry } from "./peer-table.ts";
import { closeSyncOf, heldSlots, purge } from "./purge.ts";
import { Refusal } from "./refusal.ts";
import { createRoom } from "./write-commands.ts";

const BUILD = new TextEncoder().encode("cardsync virtual 1");

/** P2 names the object. Only the build id is open before the PIN. */
export const getData: Handler = (card, command) => {
  expectLength(command, 0);
  if (command.p2 === DATA_OBJECT.build) return ok(BUILD);
  const isIdentityForWipe = command.p2 === DATA_OBJECT.identity && card.isPukVerified;
  if (!card.isPinVerified && !isIdentityForWipe) throw new Refusal(SW.pinNotVerified);
  if (command.p2 === DATA_OBJECT.free) return ok(freeSpace(card));
  if (command.p2 === DATA_OBJECT.counters) return ok(counters(card));
  if (command.p2 === DATA_OBJECT.identity) return ok(concatBytes(card.meta.uuid, card.meta.epoch));
  throw new Refusal(SW.unknownReference);
};

const freeSpace = (card: CardState): Uint8Array =>
  encodeFreeSpace({
    freeBlocks: card.heap.freeCount,
    blockSizeBytes: BLOCK_BYTES,
    freeHeaders: card.headers.freeCount,
    largestRecordBytes: Math.min(MAX_RECORD_BYTES, createRoom(card) * PAYLOAD_BYTES),
  });

const counters = (card: CardState): Uint8Array => {
  const entries = card.peers.all().map(([, entry]) => entry);
  let tombstones = 0;
  for (let db = 1; db <= DATABASE_COUNT; db++) tombstones += card.headers.tombstoneCount(db);
  return encodeCounters({
    csn: toCsn(card.csn),
    commits: entries.reduce((sum, { commits }) => sum + commits, 0) & 0xffff,
    tombstones,
    peers: entries.length,
    pinTries: card.pin.triesLeft,
    pukTries: card.puk.triesLeft,
  });
};

export const listDatabases: Handler = (card, command) => {
  expectLength(command, 0);
  const databases = Array.from({ length: DATABASE_COUNT }, (_, index) => {
    const db = index + 1;
    return encodeDatabase({
      id: toDatabaseId(db),
      media: db,
      live: card.headers.liveCount(db),
      tombstones: card.headers.tombstoneCount(db),
      label: readLabel(card, db),
    });
  });
  return ok(concatBytes(...databases));
};

const labelAddress = (db: number): number => LABELS_AT + (db - 1) * LABEL_BYTES;

const readLabel = (card: CardState, db: number): Uint8Array => {
  const cell = card.nvm.read(labelAddress(db), LABEL_BYTES);
  return cell.slice(1, 1 + Math.min(cell[0] ?? 0, MAX_LABEL_BYTES));
};

/** An empty label takes the old one away. */
export const putLabel: Handler = (card, command) => {
  const db = databaseOf(command);
  if (command.data.length > MAX_LABEL_BYTES) throw new Refusal(SW.wrongLength);
  const cell = new Uint8Array(LABEL_BYTES);
  cell[0] = command.data.length;
  cell.set(command.data, 1);
  card.nvm.write(labelAddress(db), cell, true);
  return ok();
};

/** Cursor and next cursor are slots; never an object. */
export const listPeers: Handler = (card, command) => {
  expectLength(command, 1);
  const cursor = command.data[0] ?? 0;
  const room = Math.floor((pageSize(command) - 1) / PEER_BYTES);
  if (room < 1) throw new Refusal(SW.wrongLength);
  const rest = card.peers.all().filter(([slot]) => slot >= cursor);
  const held = heldSlots(card);
  const shown = rest
    .slice(0, room)
    .map(([slot, entry]) => encodePeerEntry(slot, entry, held.has(slot)));
  const next = rest[room]?.[0];
  return page(concatBytes(Uint8Array.of(next ?? 0xff), ...shown), next === undefined);
};

const encodePeerEntry = (slot: number, entry: PeerEntry, isOpen: boolean): Uint8Array =>
  encodePeer({
    slot,
    db: toDatabaseId(entry.db),
    peerTag: entry.tag,
    seenCsn: toCsn(entry.current?.seenCsn ?? 0),
    commits: entry.commits,
    hasCurrent: entry.current !== undefined,
    hasPrevious: entry.previous !== undefined,
    hasPending: entry.pending !== undefined,
    isOpen,
  });

/** One peer, or without data all of the database; its open sync ends. */
export const forgetPeer: Handler = (card, command) => {
  const db = databaseOf(command);
  expectLength(command, 0, 8);
  const tag = command.data.length === 8 ? toPeerTag(command.data) : undefined;
  const found = card.peers
    .all()
    .filter(([, entry]) => entry.db === db && (tag === undefined || entry.tag === tag));
  if (tag !== undefined && found.length === 0) throw new Refusal(SW.unknownReference);
  for (const [slot, entry] of found) {
    closeSyncOf(card, slot, entry);
    card.peers.clear(slot);
  }
  purge(card, db);
  return ok();
};

/** Confirmed by the card's own uuid, so that no other card is wiped by mistake. */
export const wipe: Handler = (card, command) => {
  expectLength(command, 8);
  if (toHex(command.data) !== toHex(card.meta.uuid)) throw new Refusal(SW.unknownReference);
  card.wipe();
  return ok();
};
