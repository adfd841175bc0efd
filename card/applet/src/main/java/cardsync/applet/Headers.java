package cardsync.applet;

import javacard.framework.Util;

/**
 * One header a record: {@code state|db(1) id(4) modCsn(4) creator(1) origin(1) type(1) length(2) crc16(2) first(2) rfu(2)}. Each
 * change is one atomic copy. A header that is set free keeps its modCsn, so the highest CSN is always found here.
 */
final class Headers {
  static final short SIZE = 20;
  static final short ID = 1;
  static final short MOD_CSN = 5;
  static final short CREATOR = 9;
  static final short ORIGIN = 10;
  static final short TYPE = 11;
  static final short LENGTH = 12;
  static final short CRC = 14;
  static final short FIRST = 16;

  static final byte FREE = 0x00;
  static final byte LIVE = 0x10;
  static final byte TOMBSTONE = 0x20;
  private static final short STATE_BITS = 0xF0;
  private static final short DB_BITS = 0x0F;
  static final short NONE = -1;

  final short count;
  final byte[] bytes;
  private final byte[] scratch;

  Headers(Ram ram, short count) {
    this.count = count;
    bytes = new byte[(short) (count * SIZE)];
    scratch = ram.scratch;
  }

  static short at(short index) {
    return (short) (index * SIZE);
  }

  boolean is(short index, short db, byte state) {
    return bytes[at(index)] == (byte) (state | db);
  }

  /** Whether it is a record or tombstone of this database. */
  boolean isUsed(short index, short db) {
    byte head = bytes[at(index)];
    return (head & DB_BITS) == db && (head & STATE_BITS) != FREE;
  }

  boolean isFree(short index) {
    return (bytes[at(index)] & STATE_BITS) == FREE;
  }

  boolean isLive(short index) {
    return (bytes[at(index)] & STATE_BITS) == LIVE;
  }

  short length(short index) {
    return Util.getShort(bytes, (short) (at(index) + LENGTH));
  }

  short first(short index) {
    return Util.getShort(bytes, (short) (at(index) + FIRST));
  }

  /** @return the slot that made it ({@link #CREATOR}) or changed it last ({@link #ORIGIN}) */
  short slot(short index, short field) {
    return (short) (bytes[(short) (at(index) + field)] & 0xff);
  }

  /** @return its index, {@link #NONE} where this database has no record and no tombstone of that id */
  short find(short db, byte[] id, short idAt) {
    byte last = id[(short) (idAt + 3)];
    for (short index = 0; index < count; index++) {
      short at = (short) (at(index) + ID);
      if (bytes[(short) (at + 3)] != last || !isUsed(index, db)) continue;
      if (U.compare4(bytes, at, id, idAt) == 0) return index;
    }
    return NONE;
  }

  /** @return the lowest free one, {@link #NONE} where all are taken */
  short findFree() {
    for (short index = 0; index < count; index++) if (isFree(index)) return index;
    return NONE;
  }

  short countFree() {
    short found = 0;
    for (short index = 0; index < count; index++) if (isFree(index)) found++;
    return found;
  }

  short countOf(short db, byte state) {
    short found = 0;
    for (short index = 0; index < count; index++) if (is(index, db, state)) found++;
    return found;
  }

  /** @return the blocks of the largest live record, 0 where there is none */
  short largestLiveBlocks() {
    short most = 0;
    for (short index = 0; index < count; index++) {
      if (!isLive(index)) continue;
      short blocks = U.blocksFor(length(index));
      if (blocks > most) most = blocks;
    }
    return most;
  }

  /** Copies a header to the scratch memory, to be changed there. */
  void load(short index) {
    Util.arrayCopyNonAtomic(bytes, at(index), scratch, (short) 0, SIZE);
  }

  /** Writes what was put together in the scratch memory. */
  void store(short index) {
    Util.arrayCopy(scratch, (short) 0, bytes, at(index), SIZE);
  }

  /** Sets a tombstone free; one byte. */
  void release(short index) {
    scratch[0] = FREE;
    Util.arrayCopy(scratch, (short) 0, bytes, at(index), (short) 1);
  }

  void erase() {
    Util.arrayFillNonAtomic(bytes, (short) 0, (short) bytes.length, (byte) 0);
  }
}
