import { concatBytes } from "./bytes.ts";

/** One data object of BER-TLV (ISO 7816-4, 5.2.2) with a tag of one or two bytes and at most 65535 bytes of value. */
export interface Tlv {
  /** As written: 0x80, 0xDF01. */
  readonly tag: number;
  readonly value: Uint8Array;
}

/** @param tag 0x01..0xFF, or two bytes where the first one's low five bits are set */
export const encodeTlv = (tag: number, value: Uint8Array): Uint8Array =>
  concatBytes(
    tag > 0xff ? Uint8Array.of(tag >>> 8, tag) : Uint8Array.of(tag),
    encodeLength(value.length),
    value,
  );

const encodeLength = (length: number): Uint8Array => {
  if (length < 0x80) return Uint8Array.of(length);
  return length < 0x100
    ? Uint8Array.of(0x81, length)
    : Uint8Array.of(0x82, length >>> 8, length & 0xff);
};

/** @returns the data objects in order, none for no bytes; undefined where the bytes end inside one or a form is unknown */
export const decodeTlvs = (bytes: Uint8Array): readonly Tlv[] | undefined => {
  const found: Tlv[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const tag = decodeTag(bytes, offset);
    const length = tag && decodeLength(bytes, offset + tag.width);
    if (!tag || !length) return undefined;
    const start = offset + tag.width + length.width;
    if (start + length.number > bytes.length) return undefined;
    found.push({ tag: tag.number, value: bytes.slice(start, start + length.number) });
    offset = start + length.number;
  }
  return found;
};

/** @returns the value of the first object with this tag */
export const findTlv = (tlvs: readonly Tlv[], tag: number): Uint8Array | undefined =>
  tlvs.find((tlv) => tlv.tag === tag)?.value;

interface Field {
  readonly number: number;
  readonly width: number;
}

const decodeTag = (bytes: Uint8Array, offset: number): Field | undefined => {
  const [first, second] = bytes.subarray(offset, offset + 2);
  if (first === undefined || first === 0) return undefined;
  if ((first & 0x1f) !== 0x1f) return { number: first, width: 1 };
  return second === undefined || second > 0x7f
    ? undefined
    : { number: (first << 8) | second, width: 2 };
};

const decodeLength = (bytes: Uint8Array, offset: number): Field | undefined => {
  const [first, second, third] = bytes.subarray(offset, offset + 3);
  if (first === undefined) return undefined;
  if (first < 0x80) return { number: first, width: 1 };
  if (first === 0x81 && second !== undefined) return { number: second, width: 2 };
  if (first === 0x82 && second !== undefined && third !== undefined) {
    return { number: (second << 8) | third, width: 3 };
  }
  return undefined;
};
