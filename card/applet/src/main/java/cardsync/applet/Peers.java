package cardsync.applet;

import javacard.framework.Util;

/**
 * What the card remembers of each pair (DB1, DB2), by slot from 1: {@code tag(8) db(1) flags(1) commits(2) current: object(8) seenCsn(4)
 * ownCsn(4) previous: the same pending: object(8) snapCsn(4) bornCsn(4)}. Each change is one atomic copy.
 */
final class Peers {
  static final short SIZE = 60;
  static final short TAG = 0;
  static final short DB = 8;
  static final short FLAGS = 9;
  static final short COMMITS = 10;
  static final short CURRENT = 12;
  static final short PREVIOUS = 28;
  static final short PENDING = 44;
  static final short PENDING_SNAP = 52;
  static final short BORN = 56;
  /** Within a generation. */
  static final short SEEN = 8;
  static final short OWN = 12;
  static final short GENERATION = 16;
  static final short OBJECT = 8;

  static final short USED = 0x01;
  static final short HAS_CURRENT = 0x02;
  static final short HAS_PREVIOUS = 0x04;
  static final short HAS_PENDING = 0x08;
  static final short PENDING_FROM_PREVIOUS = 0x10;

  final short count;
  final byte[] bytes;
  private final byte[] scratch;

  Peers(Ram ram, short count) {
    this.count = count;
    bytes = new byte[(short) (count * SIZE)];
    scratch = ram.scratch;
  }

  static short at(short slot) {
    return (short) ((short) (slot - 1) * SIZE);
  }

  boolean has(short slot, short flag) {
    return (bytes[(short) (at(slot) + FLAGS)] & flag) != 0;
  }

  boolean isOf(short slot, short db) {
    return has(slot, USED) && bytes[(short) (at(slot) + DB)] == db;
  }

  short db(short slot) {
    return bytes[(short) (at(slot) + DB)];
  }

  /** @return the slot, 0 where this pair is unknown */
  short find(short db, byte[] tag, short tagAt) {
    for (short slot = 1; slot <= count; slot++) {
      if (isOf(slot, db) && U.isEqual(bytes, at(slot), tag, tagAt, OBJECT)) return slot;
    }
    return 0;
  }

  /** @return the slot whose pending object this is, 0 where it is nobody's */
  short findPending(short db, byte[] object, short objectAt) {
    for (short slot = 1; slot <= count; slot++) {
      if (isOf(slot, db) && holds(slot, HAS_PENDING, PENDING, object, objectAt)) return slot;
    }
    return 0;
  }

  /** Whether the generation that {@code flag} tells of is there and has this object. */
  boolean holds(short slot, short flag, short field, byte[] object, short objectAt) {
    if (slot == 0 || !has(slot, flag)) return false;
    return U.isEqual(bytes, (short) (at(slot) + field), object, objectAt, OBJECT);
  }

  /** @return the lowest slot that is free and that no open sync holds; 0 where there is none */
  short findFree(Syncs syncs) {
    for (short slot = 1; slot <= count; slot++) {
      if (!has(slot, USED) && !syncs.isHeld(slot)) return slot;
    }
    return 0;
  }

  short countUsed() {
    short found = 0;
    for (short slot = 1; slot <= count; slot++) if (has(slot, USED)) found++;
    return found;
  }

  boolean isAnyOf(short db) {
    for (short slot = 1; slot <= count; slot++) if (isOf(slot, db)) return true;
    return false;
  }

  /** Copies an entry to the scratch memory, to be changed there. */
  void load(short slot) {
    Util.arrayCopyNonAtomic(bytes, at(slot), scratch, (short) 0, SIZE);
  }

  /** Writes what was put together in the scratch memory. */
  void store(short slot) {
    Util.arrayCopy(scratch, (short) 0, bytes, at(slot), SIZE);
  }

  /** Forgets the peer; one byte. */
  void drop(short slot) {
    writeFlags(slot, (byte) 0);
  }

  /** Gives up the previous generation; one byte. */
  void dropPrevious(short slot) {
    writeFlags(slot, (byte) (bytes[(short) (at(slot) + FLAGS)] & ~HAS_PREVIOUS));
  }

  private void writeFlags(short slot, byte flags) {
    scratch[0] = flags;
    Util.arrayCopy(scratch, (short) 0, bytes, (short) (at(slot) + FLAGS), (short) 1);
  }

  void erase() {
    Util.arrayFillNonAtomic(bytes, (short) 0, (short) bytes.length, (byte) 0);
  }
}
