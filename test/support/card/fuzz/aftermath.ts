import { concatBytes, readU16, readU32, u16 } from "../../../../card/apdu/bytes.ts";
import { encodeCommand } from "../../../../card/apdu/command-apdu.ts";
import { crc16 } from "../../../../card/commands/crc16.ts";
import { decodeCounters, decodeFreeSpace } from "../../../../card/commands/data-objects.ts";
import { decodeDatabases } from "../../../../card/commands/databases.ts";
import { DATABASE_COUNT } from "../../../../card/commands/ids.ts";
import { AID } from "../../../../card/commands/select.ts";
import { readMeta } from "../../../../card/virtual/meta-cell.ts";
import { expectSoundHeap } from "../sound-heap.ts";
import type { WatchedNvm } from "./watched-nvm.ts";
import { expectThat, type Witness } from "./witness.ts";

type Ask = (
  head: readonly [number, number, number, number],
  data?: Uint8Array,
) => { readonly data: Uint8Array; readonly sw: number };

/**
 * Before the card is reset: what it takes for free in RAM is what the memory says. The first command ends a chain.
 * @throws Error where blocks have leaked; nothing is found out where the PIN is not verified
 */
export const expectNoLeak = (witness: Witness, nvm: WatchedNvm): void => {
  nvm.cutAt(undefined);
  witness.transmit(GET_FREE);
  const answer = witness.transmit(GET_FREE) ?? new Uint8Array();
  const free = decodeFreeSpace(answer.subarray(0, -2));
  const { total, used } = expectSoundHeap(nvm);
  expectThat(free === undefined || free.freeBlocks === total - used, "blocks have leaked");
};

const GET_FREE = encodeCommand({
  cla: 0x00,
  ins: 0xca,
  p1: 0xdf,
  p2: 0x20,
  data: new Uint8Array(),
  le: 256,
});

/**
 * Powers a card up after whatever was done to it: it is still a card, its counts agree with what it lists, and each
 * record reads back with its checksum. Where no secret is left, only the memory itself is looked at.
 * @throws Error where it is not so
 */
export const expectCardAfterwards = (witness: Witness, nvm: WatchedNvm): void => {
  witness.reset();
  const { total, used } = expectSoundHeap(nvm);
  const ask: Ask = ([cla, ins, p1, p2], data = new Uint8Array()) => {
    const answer = witness.transmit(encodeCommand({ cla, ins, p1, p2, data, le: 256 }));
    if (!answer) throw new Error("power was cut by nobody");
    return { data: answer.subarray(0, -2), sw: readU16(answer, answer.length - 2) };
  };
  if (!unlock(witness, ask)) return;
  const free = decodeFreeSpace(ask([0x00, 0xca, 0xdf, 0x20]).data);
  const counters = decodeCounters(ask([0x00, 0xca, 0xdf, 0x21]).data);
  const databases = decodeDatabases(ask([0x80, 0x10, 0, 0]).data);
  expectThat(free?.freeBlocks === total - used, "blocks that are free");
  let live = 0;
  let tombstones = 0;
  for (let db = 1; db <= DATABASE_COUNT; db++) {
    const found = expectDatabase(ask, db);
    expectThat(databases?.[db - 1]?.live === found.live, "live records of a database");
    expectThat(databases?.[db - 1]?.tombstones === found.tombstones, "tombstones of a database");
    live += found.live;
    tombstones += found.tombstones;
  }
  expectThat(counters?.tombstones === tombstones, "tombstones");
  const { headerCount } = readMeta(nvm);
  expectThat(free?.freeHeaders === headerCount - live - tombstones, "headers that are free");
};

const unlock = (witness: Witness, ask: Ask): boolean => {
  ask([0x00, 0xa4, 0x04, 0x00], AID);
  const pin = witness.rightOne("pin");
  return pin !== undefined && ask([0x00, 0x20, 0, 0x81], pin).sw === 0x9000;
};

const expectDatabase = (
  ask: Ask,
  db: number,
): { readonly live: number; readonly tombstones: number } => {
  const listed = listAll(ask, db);
  const contents = readImage(ask, db);
  for (const [id, { isLive, crc }] of listed) {
    const content = contents.get(id);
    expectThat(isLive === (content !== undefined), `whether record ${String(id)} lives`);
    if (content) expectThat(crc16(content) === crc, `record ${String(id)} is not what was written`);
  }
  expectThat(listed.size >= contents.size, "records that are not listed");
  return { live: contents.size, tombstones: listed.size - contents.size };
};

const TOMBSTONE = 3;

const listAll = (
  ask: Ask,
  db: number,
): ReadonlyMap<number, { readonly isLive: boolean; readonly crc: number }> => {
  const found = new Map<number, { isLive: boolean; crc: number }>();
  for (let cursor = 0, sw = 0x6310; sw === 0x6310;) {
    const page = ask([0x80, 0x14, db, 1], concatBytes(new Uint8Array(8), u16(cursor)));
    for (let at = 2; at < page.data.length; at += 11) {
      const kind = (page.data[at] ?? 0) & 0x0f;
      const crc = readU16(page.data, at + 9);
      found.set(readU32(page.data, at + 1), { isLive: kind !== TOMBSTONE, crc });
    }
    const next = readU16(page.data);
    expectThat(next > cursor || page.sw === 0x9000, "a cursor that does not go on");
    cursor = next;
    sw = page.sw;
  }
  return found;
};

const HEAD_BYTES = 7;

const readImage = (ask: Ask, db: number): ReadonlyMap<number, Uint8Array> => {
  const parts: Uint8Array[] = [];
  for (let cursor = new Uint8Array(4), sw = 0x6310; sw === 0x6310;) {
    const page = ask([0x80, 0x16, db, 1], cursor);
    parts.push(page.data.slice(4));
    cursor = page.data.slice(0, 4);
    sw = page.sw;
  }
  const stream = concatBytes(...parts);
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at < stream.length;) {
    const end = at + HEAD_BYTES + readU16(stream, at + 5);
    found.set(readU32(stream, at), stream.subarray(at + HEAD_BYTES, end));
    at = end;
  }
  return found;
};
