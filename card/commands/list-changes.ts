import { concatBytes, readU16, readU32, u16, u32 } from "../apdu/bytes.ts";
import { toCsn, toRecordId } from "./ids.ts";
import type { Csn, RecordId } from "./ids.ts";

const KINDS = { 1: "added", 2: "modified", 3: "deleted" } as const;
export type ChangeKind = (typeof KINDS)[keyof typeof KINDS];
const KIND_BYTE = { added: 1, modified: 2, deleted: 3 } as const satisfies Record<
  ChangeKind,
  number
>;
const OWN = 0x40;
const OWN_CREATION = 0x20;

/** One record that differs from the base of a sync, as mode 0 tells it. */
export interface ListedId {
  readonly id: RecordId;
  readonly kind: ChangeKind;
  /** This peer wrote it last, and has not committed that. */
  readonly isOwnUncommitted: boolean;
  /** This peer made it and has not committed that, whoever changed or deleted it since. */
  readonly isOwnCreationUncommitted: boolean;
}

/** As mode 1 tells it. `crc16` and `modCsn` are those of the record as it stands; crc16 of a tombstone is its last content's. */
export interface ListedChange extends ListedId {
  readonly modCsn: Csn;
  readonly crc16: number;
}

/** Bytes of one entry, by mode. */
export const ENTRY_BYTES = { 0: 5, 1: 11 } as const;
export type ListMode = keyof typeof ENTRY_BYTES;

export const encodeListEntry = (entry: ListedChange, mode: ListMode): Uint8Array => {
  const flags =
    (entry.isOwnUncommitted ? OWN : 0) | (entry.isOwnCreationUncommitted ? OWN_CREATION : 0);
  const short = concatBytes(Uint8Array.of(KIND_BYTE[entry.kind] | flags), u32(entry.id));
  return mode === 0 ? short : concatBytes(short, u32(entry.modCsn), u16(entry.crc16));
};

export interface ListPage {
  /** Where the next page begins; greater than the cursor that was sent unless this is the last one. */
  readonly nextCursor: number;
  /** In mode 0 modCsn and crc16 are 0. */
  readonly entries: readonly ListedChange[];
}

/** @returns undefined where the size is no whole number of entries, or a kind or id is impossible */
export const decodeListPage = (data: Uint8Array, mode: ListMode): ListPage | undefined => {
  const width = ENTRY_BYTES[mode];
  if (data.length < 2 || (data.length - 2) % width !== 0) return undefined;
  const entries: ListedChange[] = [];
  for (let offset = 2; offset < data.length; offset += width) {
    const entry = decodeEntry(data.subarray(offset, offset + width));
    if (!entry) return undefined;
    entries.push(entry);
  }
  return { nextCursor: readU16(data), entries };
};

const decodeEntry = (bytes: Uint8Array): ListedChange | undefined => {
  const flags = bytes[0] ?? 0;
  const kind = kindOf(flags & ~(OWN | OWN_CREATION));
  const id = readU32(bytes, 1);
  if (!kind || id === 0) return undefined;
  return {
    id: toRecordId(id),
    kind,
    isOwnUncommitted: (flags & OWN) !== 0,
    isOwnCreationUncommitted: (flags & OWN_CREATION) !== 0,
    modCsn: toCsn(readU32(bytes, 5)),
    crc16: readU16(bytes, 9),
  };
};

const kindOf = (byte: number): ChangeKind | undefined =>
  byte === 1 || byte === 2 || byte === 3 ? KINDS[byte] : undefined;
