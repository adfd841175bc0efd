package cardsync.applet;

import javacard.framework.Util;

/** The open syncs, one for each database, in RAM: flags(1) slot(1) tag(8) snapCsn(4) proposed(8). */
final class Syncs {
  static final short COUNT = 4;
  static final short SIZE = 22;
  static final short SLOT = 1;
  static final short TAG = 2;
  static final short SNAP = 10;
  static final short PROPOSED = 14;

  static final short OPEN = 0x01;
  static final short MAY_EVICT = 0x02;
  static final short FROM_PREVIOUS = 0x04;
  static final short HAS_WRITTEN = 0x08;

  private final byte[] bytes;

  Syncs(Ram ram) {
    bytes = ram.bytes;
  }

  /** @return where the sync of this database lies in RAM */
  short at(short db) {
    return (short) (Ram.SYNCS + (short) (db - 1) * SIZE);
  }

  boolean isOpen(short db) {
    return is(db, OPEN);
  }

  boolean is(short db, short flag) {
    return (bytes[at(db)] & flag) != 0;
  }

  void set(short db, short flag, boolean isOn) {
    short at = at(db);
    bytes[at] = (byte) (isOn ? bytes[at] | flag : bytes[at] & ~flag);
  }

  /** @return the peer's slot, 0 for none yet */
  short slot(short db) {
    return (short) (bytes[(short) (at(db) + SLOT)] & 0xff);
  }

  void setSlot(short db, short slot) {
    bytes[(short) (at(db) + SLOT)] = (byte) slot;
  }

  void close(short db) {
    Util.arrayFillNonAtomic(bytes, at(db), SIZE, (byte) 0);
  }

  void closeAll() {
    for (short db = 1; db <= COUNT; db++) close(db);
  }

  /** Ends the sync of this database if it lives on this slot: it may not COMMIT any more. */
  void closeOn(short db, short slot) {
    if (isOpen(db) && slot(db) == slot) close(db);
  }

  /** Whether any open sync holds this slot. */
  boolean isHeld(short slot) {
    for (short db = 1; db <= COUNT; db++) if (isOpen(db) && slot(db) == slot) return true;
    return false;
  }
}
