/** CRC-16/X-25 (ISO/IEC 3309, polynomial 1021 reflected, start FFFF, inverted). Check value of "123456789": 906E. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  return crc;
});

/** Where a checksum over several pieces starts; see {@link updateCrc16}. */
export const CRC16_START = 0xffff;

/** @returns the running value after `bytes`; {@link finishCrc16} makes the checksum of it */
export const updateCrc16 = (crc: number, bytes: Uint8Array): number => {
  let next = crc;
  for (const byte of bytes) next = (next >>> 8) ^ (TABLE[(next ^ byte) & 0xff] ?? 0);
  return next;
};

export const finishCrc16 = (crc: number): number => crc ^ 0xffff;

/** @returns the checksum of a whole content; 0 for no bytes */
export const crc16 = (bytes: Uint8Array): number => finishCrc16(updateCrc16(CRC16_START, bytes));
