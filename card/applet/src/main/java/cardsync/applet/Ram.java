package cardsync.applet;

import javacard.framework.JCSystem;

/** All that is forgotten at a reset. One array each of bytes and shorts, since every array costs a header of its own. */
final class Ram {
  /** Bits of {@link #FLAGS}. */
  static final short PIN_VERIFIED = 0x01;
  static final short PUK_VERIFIED = 0x02;
  static final short LOADED = 0x04;
  static final short IN_CHAIN = 0x08;
  static final short CHAIN_IN_SYNC = 0x10;

  static final short FLAGS = 0;
  /** The CSN of the last change, and the one that the change under way will have. */
  static final short CSN = 1;
  static final short NEXT_CSN = 5;
  /** INS, P1 and P2 of the chain under way; then what its header will say. */
  static final short CHAIN_HEAD = 9;
  static final short CHAIN_SLOT = 12;
  static final short CHAIN_TYPE = 13;
  /** Four open syncs; see {@link Syncs}. */
  static final short SYNCS = 14;
  private static final short SIZE = (short) (SYNCS + Syncs.COUNT * Syncs.SIZE);

  static final short FREE_BLOCKS = 0;
  static final short NEXT_TRY = 1;
  /** The content that is coming in: bytes missing and in all, its header, first and present block, bytes in that, checksum. */
  static final short MISSING = 2;
  static final short TOTAL = 3;
  static final short INDEX = 4;
  static final short FIRST = 5;
  static final short BLOCK = 6;
  static final short FILLED = 7;
  static final short CRC = 8;
  static final short BLOCKS_LEFT = 9;
  static final short NEXT = 10;
  private static final short WORDS = 11;

  /** For an entry that is put together before it is written at once, or for what a list is made from. */
  static final short SCRATCH_SIZE = 64;

  final byte[] bytes;
  final short[] words;
  final byte[] scratch;
  final byte[] usedBlocks;

  Ram(short blocks) {
    bytes = JCSystem.makeTransientByteArray(SIZE, JCSystem.CLEAR_ON_RESET);
    words = JCSystem.makeTransientShortArray(WORDS, JCSystem.CLEAR_ON_RESET);
    scratch = JCSystem.makeTransientByteArray(SCRATCH_SIZE, JCSystem.CLEAR_ON_RESET);
    short bitmap = (short) ((short) (blocks >> 3) + 1);
    usedBlocks = JCSystem.makeTransientByteArray(bitmap, JCSystem.CLEAR_ON_RESET);
  }

  boolean is(short flag) {
    return (bytes[FLAGS] & flag) != 0;
  }

  void set(short flag, boolean isOn) {
    bytes[FLAGS] = (byte) (isOn ? bytes[FLAGS] | flag : bytes[FLAGS] & ~flag);
  }
}
