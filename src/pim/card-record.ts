import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import type { PimItem } from "./item.ts";
import type { PimKind } from "./kind.ts";
import { LIMITS } from "./limits.ts";

/** What is read from a card's record; `why` holds no personal data. */
export type RecordResult =
  | { readonly type: "item"; readonly item: PimItem }
  | { readonly type: "unreadable"; readonly why: string };

const VERSION = 1;
const HEADER_BYTES = 4;
const STORED = 0;
const DEFLATED = 1;

/** Byte 1 of a record: what the body is once it is plain. */
const FORMAT: Readonly<Record<PimKind, number>> = { contact: 1, event: 2, task: 2, note: 3 };

/** Low 16 bits of the CRC-32 of the plain bytes. */
const checksum = (plain: Uint8Array): number => crc32(plain) & 0xffff;

/** An item as the bytes of a card record: byte 0 version (high nibble) and codec (low nibble: 0 stored, 1 deflate-raw,
 * whichever is shorter), byte 1 format (1 vCard 3.0, 2 iCalendar 2.0, 3 plain text), bytes 2-3 checksum of the plain
 * body, big-endian, then the body. Never compare these bytes: deflate's output differs between zlib versions. */
export function encodeRecord(item: PimItem): Uint8Array {
  const plain = new TextEncoder().encode(item.text);
  const deflated = deflateRawSync(plain, { level: 9, memLevel: 9 });
  const codec = deflated.length < plain.length ? DEFLATED : STORED;
  const body = codec === DEFLATED ? deflated : plain;
  const record = new Uint8Array(HEADER_BYTES + body.length);
  const crc = checksum(plain);
  record.set([(VERSION << 4) | codec, FORMAT[item.kind], crc >> 8, crc & 0xff]);
  record.set(body, HEADER_BYTES);
  return record;
}

const unreadable = (why: string): RecordResult => ({ type: "unreadable", why });

/** @returns undefined if the body is no deflate stream or inflates to more than an item may have */
function plainBody(codec: number, body: Uint8Array): Uint8Array | undefined {
  if (codec === STORED) return body;
  try {
    return inflateRawSync(body, { maxOutputLength: 4 * LIMITS.itemBytes });
  } catch {
    return undefined;
  }
}

/** Reads a record of any version that was ever written. Total: a damaged or newer record is `unreadable`. */
export function decodeRecord(kind: PimKind, content: Uint8Array): RecordResult {
  const [head = 0, format = 0, crcHigh = 0, crcLow = 0] = content;
  if (content.length < HEADER_BYTES) return unreadable("shorter than its header");
  const codec = head & 0x0f;
  if (head >> 4 !== VERSION || codec > DEFLATED) return unreadable("written by a newer version");
  if (format !== FORMAT[kind]) return unreadable("of another kind");
  const plain = plainBody(codec, content.subarray(HEADER_BYTES));
  if (plain === undefined) return unreadable("damaged body");
  if (checksum(plain) !== ((crcHigh << 8) | crcLow)) return unreadable("wrong checksum");
  return {
    type: "item",
    item: { kind, text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(plain) },
  };
}
