import { concatBytes, readU16, u16 } from "../apdu/bytes.ts";
import { decodeTlvs, encodeTlv, findTlv } from "../apdu/tlv.ts";

/** Package and applet of PROTOCOL.md section 1; the last byte is the major version. */
export const AID = Uint8Array.of(0xf0, 0x50, 0x49, 0x4d, 0x44, 0x42, 0x31, 0x01);

/** What a card says of itself before the PIN: nothing that tells one card from another. */
export interface SelectInfo {
  /** Major and minor, 0x0100. */
  readonly version: number;
  /** No bit is assigned in version 1. */
  readonly capabilities: number;
  /** Data of one command and of one response, bytes. */
  readonly maxCommand: number;
  readonly maxResponse: number;
  readonly maxRecordBytes: number;
  readonly pinState: { readonly isTransport: boolean; readonly triesLeft: number };
}

const TRANSPORT_PIN = 0x40;
const TAG = { fci: 0x6f, aid: 0x84, own: 0xa5 } as const;
const OWN = { version: 0xdf01, capabilities: 0xdf02, sizes: 0xdf04, record: 0xdf05, pin: 0xdf06 };

export const encodeSelectInfo = (info: SelectInfo): Uint8Array => {
  const pin = (info.pinState.isTransport ? TRANSPORT_PIN : 0) | info.pinState.triesLeft;
  const own = concatBytes(
    encodeTlv(OWN.version, u16(info.version)),
    encodeTlv(OWN.capabilities, u16(info.capabilities)),
    encodeTlv(OWN.sizes, concatBytes(u16(info.maxCommand), u16(info.maxResponse))),
    encodeTlv(OWN.record, u16(info.maxRecordBytes)),
    encodeTlv(OWN.pin, Uint8Array.of(pin)),
  );
  return encodeTlv(TAG.fci, concatBytes(encodeTlv(TAG.aid, AID), encodeTlv(TAG.own, own)));
};

/** @returns undefined where a field is missing, has a wrong size, or sizes are too small to work with */
export const decodeSelectInfo = (data: Uint8Array): SelectInfo | undefined => {
  const own = inner(inner(decodeTlvs(data), TAG.fci), TAG.own);
  const field = (tag: number, length: number): Uint8Array | undefined => {
    const value = own && findTlv(own, tag);
    return value?.length === length ? value : undefined;
  };
  const version = field(OWN.version, 2);
  const capabilities = field(OWN.capabilities, 2);
  const sizes = field(OWN.sizes, 4);
  const record = field(OWN.record, 2);
  const pin = field(OWN.pin, 1)?.[0];
  if (!version || !capabilities || !sizes || !record || pin === undefined) return undefined;
  const info = {
    version: readU16(version),
    capabilities: readU16(capabilities),
    maxCommand: readU16(sizes),
    maxResponse: readU16(sizes, 2),
    maxRecordBytes: readU16(record),
    pinState: { isTransport: (pin & TRANSPORT_PIN) !== 0, triesLeft: pin & 0x0f },
  };
  return info.maxCommand >= 32 && info.maxResponse >= 64 ? info : undefined;
};

const inner = (tlvs: ReturnType<typeof decodeTlvs>, tag: number): ReturnType<typeof decodeTlvs> => {
  const value = tlvs && findTlv(tlvs, tag);
  return value && decodeTlvs(value);
};
