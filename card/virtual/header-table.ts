import { concatBytes, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";
import { DATABASE_COUNT } from "../commands/ids.ts";
import { blocksFor, HEADER_BYTES, headerAddress } from "./layout.ts";
import type { Layout } from "./layout.ts";
import type { Nvm } from "./nvm.ts";

/** One record's header as it stands in the memory. Slots of peers: 0 is nobody. */
export interface RecordHeader {
  readonly state: "live" | "tombstone";
  readonly db: number;
  /** The CSN of its creation. */
  readonly id: number;
  readonly modCsn: number;
  /** Slot of the peer that made it, and of the one that changed it last. */
  readonly creator: number;
  readonly origin: number;
  readonly type: number;
  /** Bytes of content; a tombstone keeps its last content's length and checksum. */
  readonly length: number;
  readonly crc16: number;
  /** First block of the content, 0 for none. */
  readonly first: number;
}

const STATE = { free: 0x00, live: 0x10, tombstone: 0x20 } as const;

/**
 * The headers, with what a slower card would find by scanning kept in RAM. Each change is one atomic write. A header
 * that is set free keeps its modCsn, so the highest CSN ever given out is always found in the table.
 */
export class HeaderTable {
  readonly #nvm: Nvm;
  readonly #slots: (RecordHeader | undefined)[];
  readonly #indexById = new Map<number, number>();
  /** The highest modCsn of a database so far, free headers included. */
  readonly #newest = new Uint32Array(DATABASE_COUNT + 1);
  readonly #live = new Uint16Array(DATABASE_COUNT + 1);
  readonly #tombstones = new Uint16Array(DATABASE_COUNT + 1);
  #used = 0;
  #lowestFree = 0;
  #highestCsn = 0;
  /** Blocks of the largest live record; undefined where it is to be looked for again. */
  #largest: number | undefined = 0;

  constructor(nvm: Nvm, layout: Layout) {
    this.#nvm = nvm;
    this.#slots = new Array<RecordHeader | undefined>(layout.headerCount).fill(undefined);
    for (let index = 0; index < layout.headerCount; index++) this.#load(index);
  }

  get count(): number {
    return this.#slots.length;
  }

  get freeCount(): number {
    return this.#slots.length - this.#used;
  }

  /** The highest modCsn that any header holds, free ones included. */
  get highestCsn(): number {
    return this.#highestCsn;
  }

  /** @returns a CSN that no record or tombstone of this database is above; 0 for an empty one */
  newestCsn(db: number): number {
    return this.#newest[db] ?? 0;
  }

  liveCount(db: number): number {
    return this.#live[db] ?? 0;
  }

  tombstoneCount(db: number): number {
    return this.#tombstones[db] ?? 0;
  }

  /** All headers by index; a free one is undefined. */
  get slots(): readonly (RecordHeader | undefined)[] {
    return this.#slots;
  }

  /** @returns undefined where this database has no record and no tombstone of that id */
  find(
    db: number,
    id: number,
  ): { readonly index: number; readonly header: RecordHeader } | undefined {
    const index = this.#indexById.get(id);
    const header = index === undefined ? undefined : this.#slots[index];
    return index !== undefined && header?.db === db ? { index, header } : undefined;
  }

  /** @returns the lowest free index, so that the order of headers is that of creation on a young card */
  findFree(): number | undefined {
    while (this.#lowestFree < this.#slots.length && this.#slots[this.#lowestFree]) {
      this.#lowestFree++;
    }
    return this.#lowestFree < this.#slots.length ? this.#lowestFree : undefined;
  }

  write(index: number, header: RecordHeader): void {
    this.#nvm.write(headerAddress(index), encodeHeader(STATE[header.state], header), true);
    this.#put(index, header);
  }

  /** A deletion that nobody needs to hear of: the header is free at once and keeps the CSN. */
  writeFree(index: number, header: RecordHeader): void {
    this.#nvm.write(headerAddress(index), encodeHeader(STATE.free, header), true);
    this.#put(index, undefined);
    this.#highestCsn = Math.max(this.#highestCsn, header.modCsn);
  }

  /** Sets a tombstone free; one byte. */
  release(index: number): void {
    this.#nvm.write(headerAddress(index), Uint8Array.of(STATE.free), true);
    this.#put(index, undefined);
  }

  /** @returns the blocks of the largest live record, 0 where there is none */
  largestLiveBlocks(): number {
    this.#largest ??= this.#slots.reduce((most, header) => Math.max(most, bodyBlocks(header)), 0);
    return this.#largest;
  }

  #load(index: number): void {
    const bytes = this.#nvm.read(headerAddress(index), HEADER_BYTES);
    this.#highestCsn = Math.max(this.#highestCsn, readU32(bytes, 5));
    const header = decodeHeader(bytes);
    if (header) this.#put(index, header);
  }

  #put(index: number, header: RecordHeader | undefined): void {
    const old = this.#slots[index];
    if (old) this.#count(old, -1);
    if (old && !header) this.#indexById.delete(old.id);
    if (header) {
      this.#count(header, 1);
      this.#indexById.set(header.id, index);
      this.#highestCsn = Math.max(this.#highestCsn, header.modCsn);
      this.#newest[header.db] = Math.max(this.newestCsn(header.db), header.modCsn);
    } else {
      this.#lowestFree = Math.min(this.#lowestFree, index);
    }
    this.#slots[index] = header;
    this.#trackLargest(bodyBlocks(old), bodyBlocks(header));
  }

  #count({ state, db }: RecordHeader, step: 1 | -1): void {
    const counts = state === "live" ? this.#live : this.#tombstones;
    counts[db] = (counts[db] ?? 0) + step;
    this.#used += step;
  }

  #trackLargest(before: number, after: number): void {
    if (this.#largest === undefined) return;
    if (after >= this.#largest) this.#largest = after;
    else if (before === this.#largest) this.#largest = undefined;
  }
}

const bodyBlocks = (header: RecordHeader | undefined): number =>
  header?.state === "live" ? blocksFor(header.length) : 0;

const encodeHeader = (state: number, header: RecordHeader): Uint8Array =>
  concatBytes(
    Uint8Array.of(state | header.db),
    u32(header.id),
    u32(header.modCsn),
    Uint8Array.of(header.creator, header.origin, header.type),
    u16(header.length),
    u16(header.crc16),
    u16(header.first),
    u16(0),
  );

const decodeHeader = (bytes: Uint8Array): RecordHeader | undefined => {
  const [head = 0] = bytes;
  const state = head & 0xf0;
  if (state !== STATE.live && state !== STATE.tombstone) return undefined;
  return {
    state: state === STATE.live ? "live" : "tombstone",
    db: head & 0x0f,
    id: readU32(bytes, 1),
    modCsn: readU32(bytes, 5),
    creator: bytes[9] ?? 0,
    origin: bytes[10] ?? 0,
    type: bytes[11] ?? 0,
    length: readU16(bytes, 12),
    crc16: readU16(bytes, 14),
    first: readU16(bytes, 16),
  };
};
