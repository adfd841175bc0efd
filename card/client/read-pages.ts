import { concatBytes, readU16, u16, u32 } from "../apdu/bytes.ts";
import { SW } from "../apdu/status-word.ts";
import type { DatabaseId, RecordId } from "../commands/ids.ts";
import { MAX_COMMAND_BYTES } from "../commands/limits.ts";
import { decodeRecordHead, RECORD_HEAD_BYTES } from "../commands/record-stream.ts";
import type { ReadRecord, RecordHead } from "../commands/record-stream.ts";
import type { Exchange } from "./exchange.ts";
import { malformed } from "./exchange.ts";

/** Ids of one READ: `offset(2)` and 4 bytes each within one command. */
export const IDS_PER_READ = Math.floor((MAX_COMMAND_BYTES - 2) / 4);

/** Puts records together from the pages of one READ or READ IMAGE. */
class StreamReader {
  readonly records: ReadRecord[] = [];
  #head: RecordHead | undefined;
  #parts: Uint8Array[] = [];
  #received = 0;

  /** The record that has begun and not ended. */
  get open(): { readonly id: RecordId; readonly offset: number } | undefined {
    return this.#head && { id: this.#head.id, offset: RECORD_HEAD_BYTES + this.#received };
  }

  /** @throws CardError CARD_MALFORMED where the bytes end within a head */
  push(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (!this.#head) rest = this.#begin(rest);
      rest = this.#take(rest);
    }
  }

  #begin(bytes: Uint8Array): Uint8Array {
    this.#head = decodeRecordHead(bytes);
    if (!this.#head) throw malformed("a record's head is broken", "read");
    return bytes.subarray(RECORD_HEAD_BYTES);
  }

  #take(bytes: Uint8Array): Uint8Array {
    const head = this.#head;
    if (!head) return bytes;
    const count = Math.min(head.length - this.#received, bytes.length);
    this.#parts.push(bytes.subarray(0, count));
    this.#received += count;
    if (this.#received === head.length) this.#finish(head);
    return bytes.subarray(count);
  }

  #finish({ id, changedSinceSnapshot }: RecordHead): void {
    this.records.push({ id, content: concatBytes(...this.#parts), changedSinceSnapshot });
    this.#head = undefined;
    this.#parts = [];
    this.#received = 0;
  }
}

/**
 * Reads at most {@link IDS_PER_READ} records with as many commands as it takes.
 * @returns those that live, in the order asked for
 * @throws CardError CARD_MALFORMED where the card gives others, or does not come to an end
 */
export const readBatch = async (
  exchange: Exchange,
  db: DatabaseId,
  ids: readonly RecordId[],
  signal?: AbortSignal,
): Promise<readonly ReadRecord[]> => {
  const reader = new StreamReader();
  let wanted = ids;
  for (;;) {
    const data = concatBytes(u16(reader.open?.offset ?? 0), ...wanted.map(u32));
    const call = { p1: db, data };
    const { sw, data: bytes } = await exchange.sendOk("read", call, [SW.moreData], signal);
    reader.push(bytes);
    if (sw === SW.ok) break;
    if (bytes.length === 0) throw malformed("READ does not go on", "read");
    wanted = stillWanted(ids, reader);
  }
  if (reader.open) throw malformed("READ ended within a record", "read");
  expectInOrder(ids, reader.records);
  return reader.records;
};

/** @returns the record that is open and those behind it, or those behind the last whole one */
const stillWanted = (ids: readonly RecordId[], reader: StreamReader): readonly RecordId[] => {
  const { open } = reader;
  const last = open?.id ?? reader.records.at(-1)?.id;
  const at = last === undefined ? -1 : ids.indexOf(last);
  const rest = ids.slice(open ? at : at + 1);
  if (at < 0 || rest.length === 0) throw malformed("READ gave what was not asked for", "read");
  return rest;
};

const expectInOrder = (ids: readonly RecordId[], records: readonly ReadRecord[]): void => {
  let at = -1;
  for (const { id } of records) {
    at = ids.indexOf(id, at + 1);
    if (at < 0) throw malformed("READ gave what was not asked for", "read");
  }
};

/** Where READ IMAGE goes on; `undefined` at the end. */
export interface ImagePosition {
  readonly cursor: number;
  readonly offset: number;
}

/** Reads on until no record is open. @returns the records and where to go on */
export const readImageStep = async (
  exchange: Exchange,
  db: DatabaseId,
  from: ImagePosition,
  signal?: AbortSignal,
): Promise<{
  readonly records: readonly ReadRecord[];
  readonly next: ImagePosition | undefined;
}> => {
  const reader = new StreamReader();
  let position = from;
  do {
    const data = concatBytes(u16(position.cursor), u16(position.offset));
    const call = { p1: db, data };
    const { sw, data: bytes } = await exchange.sendOk("readImage", call, [SW.moreData], signal);
    if (bytes.length < 4) throw malformed("READ IMAGE gave no cursor", "readImage");
    reader.push(bytes.subarray(4));
    if (sw === SW.ok) {
      if (reader.open) throw malformed("READ IMAGE ended within a record", "readImage");
      return { records: reader.records, next: undefined };
    }
    position = advance(position, { cursor: readU16(bytes), offset: readU16(bytes, 2) });
    if (position.offset !== (reader.open?.offset ?? 0)) {
      throw malformed("READ IMAGE lost its place", "readImage");
    }
  } while (reader.open);
  return { records: reader.records, next: position };
};

const advance = (from: ImagePosition, to: ImagePosition): ImagePosition => {
  const isFurther =
    to.cursor > from.cursor || (to.cursor === from.cursor && to.offset > from.offset);
  if (!isFurther) throw malformed("READ IMAGE does not go on", "readImage");
  return to;
};
