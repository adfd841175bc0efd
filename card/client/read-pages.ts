import { concatBytes, readU16, u16, u32 } from "../apdu/bytes.ts";
import { SW } from "../apdu/status-word.ts";
import type { DatabaseId, RecordId } from "../commands/ids.ts";
import { MAX_COMMAND_BYTES, MAX_RESPONSE_BYTES } from "../commands/limits.ts";
import { decodeRecordHead, RECORD_HEAD_BYTES } from "../commands/record-stream.ts";
import type { ReadRecord, RecordHead } from "../commands/record-stream.ts";
import type { Exchange } from "./exchange.ts";
import { malformed } from "./exchange.ts";
import { MAX_CARD_BYTES, PageBudget } from "./page-budget.ts";

/** Ids of one READ: `offset(2)` and 4 bytes each. @param commandBytes what the card takes in one command, 32 and more */
export const idsPerRead = (commandBytes: number): number =>
  Math.floor((Math.min(commandBytes, MAX_COMMAND_BYTES) - 2) / 4);

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
 * Reads at most {@link idsPerRead} records with as many commands as it takes.
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
  const budget = new PageBudget("read");
  let wanted = ids;
  while (wanted.length > 0) {
    const asked = wanted.slice(0, likelyOnAPage(reader));
    const data = concatBytes(u16(reader.open?.offset ?? 0), ...asked.map(u32));
    const call = { p1: db, data };
    const { sw, data: bytes } = await exchange.sendOk("read", call, [SW.moreData], signal);
    budget.spend(bytes.length);
    reader.push(bytes);
    const rest = stillWanted(ids, reader);
    if (sw !== SW.ok && (bytes.length === 0 || rest.length === 0)) {
      throw malformed("READ does not go on", "read");
    }
    if (sw === SW.ok && reader.open) throw malformed("READ ended within a record", "read");
    wanted = sw === SW.ok ? wanted.slice(asked.length) : rest;
  }
  return reader.records;
};

/**
 * How many ids to name, so that the next page is surely full: twice as many as records of the size so far would fill.
 * Each page names again what is still to come, and an id too few costs a whole command more.
 */
const likelyOnAPage = ({ records }: StreamReader): number => {
  if (records.length === 0) return Number.POSITIVE_INFINITY;
  const bytes = records.reduce((sum, { content }) => sum + RECORD_HEAD_BYTES + content.length, 0);
  return 2 + Math.ceil((2 * MAX_RESPONSE_BYTES * records.length) / bytes);
};

/**
 * @returns the record that is open and those behind it, or those behind the last whole one
 * @throws CardError CARD_MALFORMED for records that were not asked for, or come in another order or again
 */
const stillWanted = (ids: readonly RecordId[], reader: StreamReader): readonly RecordId[] => {
  const { open } = reader;
  const given = [...reader.records.map(({ id }) => id), ...(open ? [open.id] : [])];
  let at = -1;
  for (const id of given) {
    at = ids.indexOf(id, at + 1);
    if (at < 0) throw malformed("READ gave what was not asked for", "read");
  }
  return ids.slice(open ? at : at + 1);
};

/** Where READ IMAGE goes on. */
interface ImagePosition {
  readonly cursor: number;
  readonly offset: number;
}

const POSITION_BYTES = 4;

/** What a database gave so far, and what it may still give. */
export class ImageReader {
  readonly #exchange: Exchange;
  readonly #db: DatabaseId;
  readonly #budget = new PageBudget("readImage");
  readonly #ids = new Set<RecordId>();
  #bytes = 0;
  #next: ImagePosition | undefined = { cursor: 0, offset: 0 };

  constructor(exchange: Exchange, db: DatabaseId) {
    this.#exchange = exchange;
    this.#db = db;
  }

  get isAtEnd(): boolean {
    return this.#next === undefined;
  }

  /**
   * Reads on until no record is open. @returns the records, possibly none
   * @throws CardError CARD_MALFORMED for an image without end, or with a record twice
   */
  async step(signal?: AbortSignal): Promise<readonly ReadRecord[]> {
    const reader = new StreamReader();
    do this.#next = await this.#page(reader, this.#next ?? { cursor: 0, offset: 0 }, signal);
    while (this.#next && reader.open);
    for (const { id } of reader.records) {
      if (this.#ids.has(id)) throw malformed("READ IMAGE gives a record twice", "readImage");
      this.#ids.add(id);
    }
    return reader.records;
  }

  async #page(
    reader: StreamReader,
    from: ImagePosition,
    signal?: AbortSignal,
  ): Promise<ImagePosition | undefined> {
    const call = { p1: this.#db, data: concatBytes(u16(from.cursor), u16(from.offset)) };
    const { sw, data } = await this.#exchange.sendOk("readImage", call, [SW.moreData], signal);
    if (data.length < POSITION_BYTES) throw malformed("READ IMAGE gave no cursor", "readImage");
    this.#spend(data.length);
    reader.push(data.subarray(POSITION_BYTES));
    if (sw === SW.ok) {
      if (reader.open) throw malformed("READ IMAGE ended within a record", "readImage");
      return undefined;
    }
    const to = { cursor: readU16(data), offset: readU16(data, 2) };
    expectFurther(from, to);
    if (to.offset !== (reader.open?.offset ?? 0)) {
      throw malformed("READ IMAGE lost its place", "readImage");
    }
    return to;
  }

  #spend(bytes: number): void {
    this.#budget.spend(bytes);
    this.#bytes += bytes;
    // Records may be written between two steps, so that more is read than there is at any moment.
    if (this.#bytes > 4 * MAX_CARD_BYTES) throw malformed("READ IMAGE has no end", "readImage");
  }
}

const expectFurther = (from: ImagePosition, to: ImagePosition): void => {
  const isFurther =
    to.cursor > from.cursor || (to.cursor === from.cursor && to.offset > from.offset);
  if (!isFurther) throw malformed("READ IMAGE does not go on", "readImage");
};
