package cardsync.applet;

/** CRC-16/X-25. Source: ISO 3309; PROTOCOL.md section 1. */
final class Crc16 {
  static final short START = (short) 0xFFFF;
  private static final short POLYNOMIAL = (short) 0x8408;
  private static final short ENTRIES = 256;
  private final short[] table;

  Crc16() {
    table = new short[ENTRIES];
    for (short entry = 0; entry < ENTRIES; entry++) {
      short value = entry;
      for (byte bit = 0; bit < 8; bit++) {
        boolean isOdd = (value & 1) != 0;
        value = (short) ((short) (value >> 1) & 0x7FFF);
        if (isOdd) value = (short) (value ^ POLYNOMIAL);
      }
      table[entry] = value;
    }
  }

  short update(short crc, byte[] bytes, short at, short length) {
    for (short i = 0; i < length; i++) {
      short entry = (short) ((short) (crc ^ bytes[(short) (at + i)]) & 0xff);
      crc = (short) (table[entry] ^ (short) ((short) (crc >> 8) & 0xff));
    }
    return crc;
  }

  static short finish(short crc) {
    return (short) ~crc;
  }
}
