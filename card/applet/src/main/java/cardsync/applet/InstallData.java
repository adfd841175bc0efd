package cardsync.applet;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * What is fixed when the applet is installed: TLVs 80 PIN, 81 PUK, 82 flags (01: the PIN is no transport PIN), 83 headers (2 bytes),
 * 84 peers (1), 85 blocks of 64 bytes (2), 86 CSN to begin after (4). All may be left out.
 */
final class InstallData {
  static final byte PIN = (byte) 0x80;
  static final byte PUK = (byte) 0x81;
  static final byte FLAGS = (byte) 0x82;
  static final byte HEADERS = (byte) 0x83;
  static final byte PEERS = (byte) 0x84;
  static final byte BLOCKS = (byte) 0x85;
  static final byte FIRST_CSN = (byte) 0x86;

  private InstallData() {}

  /**
   * @param source what install() got: LV of AID, control information and parameters
   * @return where the value begins, its length in the byte before it; -1 where there is none
   */
  static short find(byte[] source, short offset, byte tag) {
    short parameters = skip(source, skip(source, offset));
    short end = skip(source, parameters);
    short at = (short) (parameters + 1);
    while (at < end) {
      if (source[at] == tag) return (short) (at + 2);
      at = skip(source, (short) (at + 1));
    }
    return -1;
  }

  /** @return the number of one or two bytes; refuses to install where it is out of range */
  static short number(byte[] source, short offset, byte tag, short byDefault, short least, short most) {
    short value = find(source, offset, tag);
    short number = byDefault;
    if (value >= 0) {
      boolean isByte = source[(short) (value - 1)] == 1;
      number = isByte ? (short) (source[value] & 0xff) : Util.getShort(source, value);
    }
    if (number < least || number > most) ISOException.throwIt(ISO7816.SW_WRONG_DATA);
    return number;
  }

  private static short skip(byte[] source, short at) {
    return (short) ((short) (at + 1) + (short) (source[at] & 0xff));
  }
}
