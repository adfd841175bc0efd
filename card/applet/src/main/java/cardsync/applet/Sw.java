package cardsync.applet;

/** Status words. Source: PROTOCOL.md section 3. */
final class Sw {
  static final short MORE_DATA = (short) 0x6310;
  static final short WRONG_PIN = (short) 0x63C0;
  static final short WRONG_LENGTH = (short) 0x6700;
  static final short LAST_SEGMENT_EXPECTED = (short) 0x6883;
  static final short CHAINING_UNSUPPORTED = (short) 0x6884;
  static final short PIN_NOT_VERIFIED = (short) 0x6982;
  static final short PIN_BLOCKED = (short) 0x6983;
  static final short TRANSPORT_PIN = (short) 0x6984;
  static final short CONFLICT = (short) 0x6985;
  static final short NO_OPEN_SYNC = (short) 0x6986;
  static final short MALFORMED_DATA = (short) 0x6A80;
  static final short NO_DATABASE = (short) 0x6A82;
  static final short NO_RECORD = (short) 0x6A83;
  static final short FULL = (short) 0x6A84;
  static final short WRONG_PARAMETERS = (short) 0x6A86;
  static final short UNKNOWN_REFERENCE = (short) 0x6A88;
  static final short WRONG_LE = (short) 0x6C00;
  static final short UNKNOWN_INS = (short) 0x6D00;
  static final short UNKNOWN_CLA = (short) 0x6E00;

  private Sw() {}
}
