/** Status words of PROTOCOL.md section 3. */
export const SW = {
  ok: 0x9000,
  moreData: 0x6310,
  /** 63CX: X tries left. */
  wrongPin: 0x63c0,
  memoryFailure: 0x6581,
  wrongLength: 0x6700,
  logicalChannel: 0x6881,
  lastSegmentExpected: 0x6883,
  chainingUnsupported: 0x6884,
  pinNotVerified: 0x6982,
  pinBlocked: 0x6983,
  transportPin: 0x6984,
  conflict: 0x6985,
  noOpenSync: 0x6986,
  malformedData: 0x6a80,
  noDatabase: 0x6a82,
  noRecord: 0x6a83,
  full: 0x6a84,
  wrongParameters: 0x6a86,
  unknownReference: 0x6a88,
  /** 6CXX: send it again with Le = XX. */
  wrongLe: 0x6c00,
  unknownIns: 0x6d00,
  unknownCla: 0x6e00,
} as const;

/** A status word as a number, 0x9000 for success. */
export type StatusWord = number;

/** @returns the tries left, or undefined where the word is not 63CX */
export const triesLeft = (sw: StatusWord): number | undefined =>
  (sw & 0xfff0) === SW.wrongPin ? sw & 0x0f : undefined;

/** @returns four hexadecimal digits in upper case, as the standards print them */
export const formatStatusWord = (sw: StatusWord): string =>
  sw.toString(16).toUpperCase().padStart(4, "0");
