/** @returns lower-case hexadecimal, two digits a byte; "" for no bytes */
export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** @param hex an even number of hexadecimal digits */
export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

/** @returns the parts one after another in a new array */
export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
};

/** Big-endian, as everything on this card. */
export const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value);

/** Big-endian, as everything on this card. */
export const u32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** @returns the unsigned number at `offset`; bytes beyond the end count as 0, so check lengths before */
export const readU16 = (bytes: Uint8Array, offset = 0): number =>
  ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);

/** @returns the unsigned number at `offset`; bytes beyond the end count as 0, so check lengths before */
export const readU32 = (bytes: Uint8Array, offset = 0): number =>
  readU16(bytes, offset) * 0x1_0000 + readU16(bytes, offset + 2);
