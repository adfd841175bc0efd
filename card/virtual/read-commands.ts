import { concatBytes, readU16, readU32, u16 } from "../apdu/bytes.ts";
import { SW } from "../apdu/status-word.ts";
import { toRecordId } from "../commands/ids.ts";
import { encodeRecordHead, RECORD_HEAD_BYTES } from "../commands/record-stream.ts";
import type { CardState } from "./card-state.ts";
import { isChangedByOthers } from "./change-tracking.ts";
import { databaseOf, page, pageSize } from "./command.ts";
import type { Handler } from "./command.ts";
import type { RecordHeader } from "./header-table.ts";
import { Refusal } from "./refusal.ts";

/** Gives the named records as a stream, from an offset in the first of them; those that do not live are left out. */
export const read: Handler = (card, command) => {
  const db = databaseOf(command);
  const { data } = command;
  if (data.length < 6 || (data.length - 2) % 4 !== 0) throw new Refusal(SW.wrongLength);
  const stream = new StreamPage(card, pageSize(command));
  for (let at = 2; at < data.length; at += 4) {
    const header = card.headers.find(db, readU32(data, at))?.header;
    if (header?.state !== "live") continue;
    if (stream.add(header, at === 2 ? readU16(data) : 0) !== "whole") {
      return page(stream.bytes(), false);
    }
  }
  return page(stream.bytes(), true);
};

/** Gives all records of a database as the same stream, in the order of headers: the host's copy of the card's memory. */
export const readImage: Handler = (card, command) => {
  const db = databaseOf(command);
  const { data } = command;
  if (data.length !== 4) throw new Refusal(SW.wrongLength);
  const start = readU16(data);
  const stream = new StreamPage(card, pageSize(command) - 4);
  const { slots } = card.headers;
  for (let index = start; index < slots.length; index++) {
    const header = slots[index];
    if (header?.db !== db || header.state !== "live") continue;
    const offset = index === start ? readU16(data, 2) : 0;
    const rest = stream.add(header, offset);
    if (rest !== "whole") return page(concatBytes(u16(index), u16(rest), stream.bytes()), false);
  }
  return page(concatBytes(u16(slots.length), u16(0), stream.bytes()), true);
};

/** Fills one answer with records. A head is never split, so an offset is 0 or behind the head. */
class StreamPage {
  readonly #card: CardState;
  readonly #parts: Uint8Array[] = [];
  #room: number;

  constructor(card: CardState, room: number) {
    if (room <= RECORD_HEAD_BYTES) throw new Refusal(SW.wrongLength);
    this.#card = card;
    this.#room = room;
  }

  /** @returns `whole`, or the offset in this record's stream at which the next page begins */
  add(header: RecordHeader, offset: number): "whole" | number {
    const end = RECORD_HEAD_BYTES + header.length;
    if (offset > end || (offset > 0 && offset < RECORD_HEAD_BYTES)) {
      throw new Refusal(SW.malformedData);
    }
    let at = offset;
    if (at === 0) {
      if (this.#room < RECORD_HEAD_BYTES) return 0;
      this.#push(this.#head(header));
      at = RECORD_HEAD_BYTES;
    }
    const count = Math.min(end - at, this.#room);
    if (count > 0) this.#push(this.#card.heap.read(header.first, at - RECORD_HEAD_BYTES, count));
    return at + count === end ? "whole" : at + count;
  }

  bytes(): Uint8Array {
    return concatBytes(...this.#parts);
  }

  #head(header: RecordHeader): Uint8Array {
    const sync = this.#card.openSyncs.get(header.db);
    return encodeRecordHead({
      id: toRecordId(header.id),
      changedSinceSnapshot: sync !== undefined && isChangedByOthers(header, sync),
      length: header.length,
    });
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#room -= part.length;
  }
}
