package cardsync.applet;

import javacard.framework.Util;

/** Unsigned numbers of two and four bytes, which Java Card has no types for. */
final class U {
  /** The payload of a block, bytes. */
  private static final short PAYLOAD = 62;
  /** The largest multiple of it below 32768. */
  private static final short MANY = 32736;
  private static final short MANY_BLOCKS = 528;

  private U() {}

  /** @return below, at or above 0 as the four bytes at {@code a} are less than, equal to or more than those at {@code b} */
  static short compare4(byte[] a, short aAt, byte[] b, short bAt) {
    for (short i = 0; i < 4; i++) {
      short difference =
          (short) ((short) (a[(short) (aAt + i)] & 0xff) - (short) (b[(short) (bAt + i)] & 0xff));
      if (difference != 0) return difference;
    }
    return 0;
  }

  static boolean isLess4(byte[] a, short aAt, byte[] b, short bAt) {
    return compare4(a, aAt, b, bAt) < 0;
  }

  static boolean isZero(byte[] a, short at, short length) {
    return isAll(a, at, length, (byte) 0);
  }

  static boolean isAll(byte[] a, short at, short length, byte value) {
    for (short i = 0; i < length; i++) if (a[(short) (at + i)] != value) return false;
    return true;
  }

  static boolean isEqual(byte[] a, short aAt, byte[] b, short bAt, short length) {
    return Util.arrayCompare(a, aAt, b, bAt, length) == 0;
  }

  static boolean isLess2(short a, short b) {
    return (short) (a ^ (short) 0x8000) < (short) (b ^ (short) 0x8000);
  }

  /** @return how many blocks a content of so many bytes (unsigned) takes */
  static short blocksFor(short length) {
    return (short) (quotient(length) + (remainder(length) == 0 ? 0 : 1));
  }

  /** @return the number (unsigned) divided by a block's payload */
  static short quotient(short number) {
    short blocks = 0;
    while (number < 0) {
      number = (short) (number - MANY);
      blocks = (short) (blocks + MANY_BLOCKS);
    }
    return (short) (blocks + number / PAYLOAD);
  }

  static short remainder(short number) {
    while (number < 0) number = (short) (number - MANY);
    return (short) (number % PAYLOAD);
  }
}
