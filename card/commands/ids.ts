import { fromHex, toHex } from "../apdu/bytes.ts";

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** The card's own name: 16 hexadecimal digits in lower case. New after WIPE. */
export type CardUuid = Branded<string, "CardUuid">;
/** The age of the card's numbers: 16 hexadecimal digits in lower case. Record ids and CSNs mean nothing across epochs. */
export type Epoch = Branded<string, "Epoch">;
/** Who DB2 is: 16 hexadecimal digits in lower case, the first 8 bytes of a hash of the peer's identity. */
export type PeerTag = Branded<string, "PeerTag">;
/** The card's random number for a pair (DB1, DB2): 16 hexadecimal digits in lower case. Not to be logged. */
export type SyncObject = Branded<string, "SyncObject">;
/** A record's number, 32 bits unsigned, never 0; never used again in one epoch. */
export type RecordId = Branded<number, "RecordId">;
/** Change sequence number: orders the card's own changes, 32 bits unsigned; 0 is before all of them. */
export type Csn = Branded<number, "Csn">;
/** 1..4. */
export type DatabaseId = Branded<number, "DatabaseId">;

/** Media bytes of LIST DATABASES; on a card as it is made the database of the same number holds that kind. */
export const MEDIA = { 1: "contact", 2: "event", 3: "task", 4: "note" } as const;
export type MediaKind = (typeof MEDIA)[keyof typeof MEDIA];

export const DATABASE_COUNT = 4;

/** @returns the 8 bytes of a uuid, epoch, tag or object; undefined where it is not 16 hexadecimal digits */
export const fromHex8 = (hex: string): Uint8Array | undefined =>
  /^[0-9a-f]{16}$/i.test(hex) ? fromHex(hex) : undefined;

/** @param bytes exactly 8 */
export const toPeerTag = (bytes: Uint8Array): PeerTag => toHex(bytes) as PeerTag;
/** @param bytes exactly 8 */
export const toSyncObject = (bytes: Uint8Array): SyncObject => toHex(bytes) as SyncObject;
/** @param bytes exactly 8 */
export const toCardUuid = (bytes: Uint8Array): CardUuid => toHex(bytes) as CardUuid;
/** @param bytes exactly 8 */
export const toEpoch = (bytes: Uint8Array): Epoch => toHex(bytes) as Epoch;
export const toRecordId = (id: number): RecordId => id as RecordId;
export const toCsn = (csn: number): Csn => csn as Csn;
export const toDatabaseId = (db: number): DatabaseId => db as DatabaseId;
