import { readU32, u32 } from "../apdu/bytes.ts";
import { SW } from "../apdu/status-word.ts";
import { MAX_RECORD_BYTES } from "../commands/limits.ts";
import { NOBODY_BIT } from "../commands/table.ts";
import { decodeWriteHead, encodeWriteAnswer } from "../commands/write-head.ts";
import type { WriteHead } from "../commands/write-head.ts";
import type { CardState, OpenSync } from "./card-state.ts";
import { isChangedByOthers } from "./change-tracking.ts";
import { databaseOf, expectLength, ok } from "./command.ts";
import type { Command, Handler, Reply } from "./command.ts";
import type { RecordHeader } from "./header-table.ts";
import { blocksFor } from "./layout.ts";
import { freeHeader, isDeletionKept } from "./purge.ts";
import { Refusal } from "./refusal.ts";
import { Upload } from "./upload.ts";

/** Who writes: the open sync's peer, or nobody. */
interface Writer {
  readonly slot: number;
  readonly sync: OpenSync | undefined;
}

/** A CREATE, UPDATE or REVIVE whose content is still coming in. */
export interface PendingWrite {
  readonly upload: Upload;
  /** Writes the header. */
  finish(): Reply;
}

/** The first segment of CREATE: everything is checked before anything is written. */
export const beginCreate = (card: CardState, command: Command): PendingWrite => {
  const db = databaseOf(command);
  const { head, content } = decodeHead(command, true);
  const csn = card.nextCsn();
  expectRoom(card, head.totalLength, createRoom(card));
  const index = freeHeader(card);
  if (index === undefined) throw new Refusal(SW.full);
  const writer = writerOf(card, db, command);
  const upload = beginUpload(card, head, content);
  const finish = (): Reply => {
    const { slot } = writer;
    writeLive(card, index, upload, {
      db,
      id: csn,
      modCsn: csn,
      creator: slot,
      origin: slot,
      type: head.type,
    });
    markWritten(writer);
    return ok(encodeWriteAnswer({ number: csn, crc16: upload.crc16 }));
  };
  return { upload, finish };
};

/** The first segment of UPDATE: the record must live, and must not have been changed by others. */
export const beginUpdate = (card: CardState, command: Command): PendingWrite =>
  beginReplace(card, command, "live");

/** The first segment of REVIVE: the record must be a tombstone. */
export const beginRevive = (card: CardState, command: Command): PendingWrite =>
  beginReplace(card, command, "tombstone");

const beginReplace = (
  card: CardState,
  command: Command,
  state: RecordHeader["state"],
): PendingWrite => {
  const db = databaseOf(command);
  const { head, content } = decodeHead(command, false);
  const writer = writerOf(card, db, command);
  const { index, header } = expectRecord(card, db, head.id, state);
  expectUnchanged(header, head.ifCsn, writer);
  const csn = card.nextCsn();
  expectRoom(card, head.totalLength, state === "live" ? card.heap.freeCount : createRoom(card));
  const upload = beginUpload(card, head, content);
  const finish = (): Reply => {
    const { id, creator } = header;
    const fresh = { db, id, creator, modCsn: csn, origin: writer.slot, type: head.type };
    writeLive(card, index, upload, fresh);
    if (header.state === "live") card.heap.release(header.first, header.length);
    markWritten(writer);
    return ok(encodeWriteAnswer({ number: csn, crc16: upload.crc16 }));
  };
  return { upload, finish };
};

/** Leaves a tombstone, or nothing where nobody is interested. */
export const deleteRecord: Handler = (card, command) => {
  const db = databaseOf(command);
  expectLength(command, 8);
  const writer = writerOf(card, db, command);
  const { index, header } = expectRecord(card, db, readU32(command.data), "live");
  expectUnchanged(header, readU32(command.data, 4), writer);
  const modCsn = card.nextCsn();
  const tombstone = {
    ...header,
    state: "tombstone",
    modCsn,
    origin: writer.slot,
    first: 0,
  } as const;
  if (isDeletionKept(card, db)) card.headers.write(index, tombstone);
  else card.headers.writeFree(index, tombstone);
  card.spendCsn(modCsn);
  card.heap.release(header.first, header.length);
  markWritten(writer);
  return ok();
};

/** Makes the record, or tombstone, a change of nobody's: every peer is told of it again. */
export const touch: Handler = (card, command) => {
  const db = databaseOf(command);
  expectLength(command, 4);
  const found = card.headers.find(db, readU32(command.data));
  if (!found) throw new Refusal(SW.noRecord);
  const modCsn = card.nextCsn();
  card.headers.write(found.index, { ...found.header, modCsn, origin: 0 });
  card.spendCsn(modCsn);
  return ok(u32(modCsn));
};

/** @returns the blocks that a new content may take, so that the largest record can still be replaced afterwards */
export const createRoom = (card: CardState): number => {
  const free = card.heap.freeCount;
  return Math.max(0, Math.min(free - card.headers.largestLiveBlocks(), Math.floor(free / 2)));
};

const writeLive = (
  card: CardState,
  index: number,
  upload: Upload,
  header: Omit<RecordHeader, "state" | "length" | "crc16" | "first">,
): void => {
  card.headers.write(index, {
    ...header,
    state: "live",
    length: upload.totalLength,
    crc16: upload.crc16,
    first: upload.first,
  });
  card.spendCsn(header.modCsn);
};

const decodeHead = (
  command: Command,
  isCreate: boolean,
): { readonly head: WriteHead; readonly content: Uint8Array } => {
  const decoded = decodeWriteHead(command.data, isCreate);
  if (!decoded) throw new Refusal(SW.wrongLength);
  return decoded;
};

const beginUpload = (card: CardState, head: WriteHead, content: Uint8Array): Upload => {
  if (content.length > head.totalLength) throw new Refusal(SW.wrongLength);
  const blocks = card.heap.allocate(blocksFor(head.totalLength));
  if (!blocks) throw new Refusal(SW.full);
  const upload = new Upload(card, head.totalLength, blocks);
  upload.append(content);
  return upload;
};

const expectRoom = (card: CardState, length: number, room: number): void => {
  if (length > MAX_RECORD_BYTES || blocksFor(length) > room) throw new Refusal(SW.full);
};

const writerOf = (card: CardState, db: number, { p2 }: Command): Writer => {
  const sync = (p2 & NOBODY_BIT) === 0 ? card.openSyncs.get(db) : undefined;
  return { sync, slot: sync?.slot ?? 0 };
};

const markWritten = ({ sync }: Writer): void => {
  if (sync) sync.hasWritten = true;
};

/** @throws Refusal 6A83 where there is none, 6985 for REVIVE of a record that lives */
const expectRecord = (
  card: CardState,
  db: number,
  id: number,
  state: RecordHeader["state"],
): { readonly index: number; readonly header: RecordHeader } => {
  const found = card.headers.find(db, id);
  if (!found) throw new Refusal(SW.noRecord);
  if (found.header.state === state) return found;
  throw new Refusal(state === "live" ? SW.noRecord : SW.conflict);
};

/** An ifCsn names the very version; without one a sync's snapshot is the limit, and nobody has none. */
const expectUnchanged = (header: RecordHeader, ifCsn: number, { sync }: Writer): void => {
  const isChanged =
    ifCsn === 0 ? sync !== undefined && isChangedByOthers(header, sync) : header.modCsn !== ifCsn;
  if (isChanged) throw new Refusal(SW.conflict);
};
