package cardsync.applet;

import javacard.framework.Util;

/** BER-TLV with tags of one or two bytes and lengths below 256, as short commands can hold. ISO 7816-4, 5.2.2. */
final class Tlv {
  private static final short LONG_TAG = 0x1F;
  private static final short LENGTH_1 = 0x81;
  private static final short LENGTH_2 = 0x82;
  static final short BROKEN = -2;

  private Tlv() {}

  /** @return where the first object with this tag of one byte begins; below 0 where there is none or a form is unknown */
  static short find(byte[] bytes, short at, short length, byte tag) {
    short end = (short) (at + length);
    short found = -1;
    while (at < end) {
      short after = skip(bytes, at, end);
      if (after < 0) return BROKEN;
      if (found < 0 && bytes[at] == tag) found = at;
      at = after;
    }
    return found;
  }

  /** @param at where the object begins */
  static short value(byte[] bytes, short at) {
    short length = (short) (bytes[(short) (at + 1)] & 0xff);
    if (length == LENGTH_1) return (short) (at + 3);
    return length == LENGTH_2 ? (short) (at + 4) : (short) (at + 2);
  }

  static short length(byte[] bytes, short at) {
    short length = (short) (bytes[(short) (at + 1)] & 0xff);
    if (length == LENGTH_1) return (short) (bytes[(short) (at + 2)] & 0xff);
    return length == LENGTH_2 ? Util.getShort(bytes, (short) (at + 2)) : length;
  }

  /** @return what follows the object, {@link #BROKEN} where the bytes end inside it or its form is unknown */
  private static short skip(byte[] bytes, short at, short end) {
    short first = bytes[at];
    if (first == 0) return BROKEN;
    short last = at;
    if ((first & LONG_TAG) == LONG_TAG) {
      last = (short) (at + 1);
      if (last >= end || bytes[last] < 0) return BROKEN;
    }
    short lengthAt = (short) (last + 1);
    if (lengthAt >= end) return BROKEN;
    short head = (short) (bytes[lengthAt] & 0xff);
    short width = head == LENGTH_1 ? (short) 2 : (short) (head == LENGTH_2 ? 3 : 1);
    if (head > LENGTH_2 || head == 0x80 || (short) (lengthAt + width) > end) return BROKEN;
    short length = length(bytes, last);
    short left = (short) (end - (short) (lengthAt + width));
    if (length < 0 || length > left) return BROKEN;
    return (short) ((short) (lengthAt + width) + length);
  }
}
