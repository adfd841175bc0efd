import { concatBytes, fromHex, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";
import { DATABASE_COUNT, toCardUuid, toDatabaseId } from "../commands/ids.ts";
import { MAX_LABEL_BYTES, MAX_RECORD_BYTES } from "../commands/limits.ts";
import type { CardBackup, DatabaseBackup } from "./backup.ts";

const UUID_BYTES = 8;
const TIME_BYTES = 8;
const U32 = 2 ** 32;

/**
 * uuid(8) madeAtMs(8) databases(1), and for each: id(1) length(1) label records(4), and for each record: length(2)
 * content. Big-endian.
 */
export const encodeContent = ({ uuid, madeAtMs, databases }: CardBackup): Uint8Array =>
  concatBytes(
    fromHex(uuid),
    u32(Math.floor(madeAtMs / U32)),
    u32(madeAtMs % U32),
    Uint8Array.of(databases.length),
    ...databases.flatMap(encodeDatabase),
  );

const encodeDatabase = ({ id, label, records }: DatabaseBackup): readonly Uint8Array[] => {
  const name = new TextEncoder().encode(label);
  const head = concatBytes(Uint8Array.of(id, name.length), name, u32(records.length));
  return [head, ...records.flatMap((content) => [u16(content.length), content])];
};

/** @returns undefined where the bytes are not what {@link encodeContent} makes */
export const decodeContent = (bytes: Uint8Array): CardBackup | undefined => {
  const cursor = new Cursor(bytes);
  const uuid = cursor.take(UUID_BYTES);
  const time = cursor.take(TIME_BYTES);
  const count = cursor.take(1)?.[0];
  if (uuid === undefined || time === undefined || count === undefined) return undefined;
  const databases = Array.from({ length: count }, () => decodeDatabase(cursor));
  if (!databases.every((database) => database !== undefined) || !cursor.isAtEnd) return undefined;
  if (new Set(databases.map(({ id }) => id)).size !== count) return undefined;
  const madeAtMs = readU32(time) * U32 + readU32(time, 4);
  return { uuid: toCardUuid(uuid), madeAtMs, databases };
};

const decodeDatabase = (cursor: Cursor): DatabaseBackup | undefined => {
  const id = cursor.take(1)?.[0] ?? 0;
  const name = cursor.take(cursor.take(1)?.[0] ?? 0);
  const records = decodeRecords(cursor);
  if (id < 1 || id > DATABASE_COUNT || name === undefined || records === undefined)
    return undefined;
  if (name.length > MAX_LABEL_BYTES) return undefined;
  return { id: toDatabaseId(id), label: new TextDecoder().decode(name), records };
};

const decodeRecords = (cursor: Cursor): readonly Uint8Array[] | undefined => {
  const count = cursor.take(4);
  if (count === undefined) return undefined;
  const records: Uint8Array[] = [];
  for (let left = readU32(count); left > 0; left--) {
    const length = cursor.take(2);
    const content = length && cursor.take(readU16(length));
    if (content === undefined || content.length > MAX_RECORD_BYTES) return undefined;
    records.push(content);
  }
  return records;
};

class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @returns undefined, and nothing is taken, where fewer are left */
  take(length: number): Uint8Array | undefined {
    if (this.#at + length > this.#bytes.length) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
