import { concatBytes, readU16, u16 } from "../apdu/bytes.ts";
import { decodeTlvs, encodeTlv, findTlv } from "../apdu/tlv.ts";
import type { Tlv } from "../apdu/tlv.ts";
import { DATABASE_COUNT, MEDIA, toDatabaseId } from "./ids.ts";
import type { DatabaseId, MediaKind } from "./ids.ts";

export interface Database {
  readonly id: DatabaseId;
  readonly media: MediaKind;
  /** Records that live, and deletions that are still remembered. */
  readonly live: number;
  readonly tombstones: number;
  /** "" where none was put. */
  readonly label: string;
}

const TAG = { database: 0xa0, id: 0x80, media: 0x81, live: 0x82, tombstones: 0x83, label: 0x84 };

/** @param media byte of the kind, 1..4 */
export const encodeDatabase = (
  database: Omit<Database, "media" | "label"> & { readonly media: number; label: Uint8Array },
): Uint8Array =>
  encodeTlv(
    TAG.database,
    concatBytes(
      encodeTlv(TAG.id, Uint8Array.of(database.id)),
      encodeTlv(TAG.media, Uint8Array.of(database.media)),
      encodeTlv(TAG.live, u16(database.live)),
      encodeTlv(TAG.tombstones, u16(database.tombstones)),
      encodeTlv(TAG.label, database.label),
    ),
  );

/** @returns undefined where a field is missing or out of range, or a database comes twice */
export const decodeDatabases = (data: Uint8Array): readonly Database[] | undefined => {
  const databases = decodeTlvs(data)?.map(decodeDatabase);
  if (!databases?.every((database) => database !== undefined)) return undefined;
  return new Set(databases.map(({ id }) => id)).size === databases.length ? databases : undefined;
};

const decodeDatabase = ({ tag, value }: Tlv): Database | undefined => {
  const fields = tag === TAG.database ? (decodeTlvs(value) ?? []) : [];
  const id = findTlv(fields, TAG.id)?.[0] ?? 0;
  const media = toMediaKind(findTlv(fields, TAG.media)?.[0]);
  const live = findTlv(fields, TAG.live);
  const tombstones = findTlv(fields, TAG.tombstones);
  const label = findTlv(fields, TAG.label);
  if (id < 1 || id > DATABASE_COUNT || !media || !live || !tombstones || !label) return undefined;
  return {
    id: toDatabaseId(id),
    media,
    live: readU16(live),
    tombstones: readU16(tombstones),
    label: new TextDecoder().decode(label),
  };
};

const toMediaKind = (byte: number | undefined): MediaKind | undefined =>
  byte === 1 || byte === 2 || byte === 3 || byte === 4 ? MEDIA[byte] : undefined;
