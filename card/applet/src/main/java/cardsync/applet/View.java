package cardsync.applet;

import javacard.framework.ISOException;
import javacard.framework.Util;

/** What one peer may be told in one sync. All of it follows from the card's counter. Source: PROTOCOL.md section 4. */
final class View {
  /** In the scratch memory: slot(1), and four CSNs. */
  private static final short SLOT = 0;
  private static final short SNAP = 1;
  private static final short SEEN = 5;
  private static final short OWN = 9;
  private static final short COMMITTED = 13;
  private static final short SIZE = 17;

  private static final byte ADDED = 1;
  private static final byte MODIFIED = 2;
  private static final byte DELETED = 3;
  private static final short IS_OWN = 0x40;
  private static final short IS_OWN_CREATION = 0x20;

  private final Card card;
  private final byte[] view;

  View(Card card) {
    this.card = card;
    view = card.ram.scratch;
  }

  /** What the object names becomes the base of the sync; all zero: everything. */
  void open(short db, byte[] object, short objectAt) {
    if (U.isZero(object, objectAt, Peers.OBJECT)) {
      openEverything(db);
      return;
    }
    if (!card.syncs.isOpen(db)) ISOException.throwIt(Sw.NO_OPEN_SYNC);
    short slot = entryOf(db);
    boolean isCurrent = card.peers.holds(slot, Peers.HAS_CURRENT, Peers.CURRENT, object, objectAt);
    boolean isPrevious =
        !isCurrent && card.peers.holds(slot, Peers.HAS_PREVIOUS, Peers.PREVIOUS, object, objectAt);
    if (!isCurrent && !isPrevious) ISOException.throwIt(Sw.UNKNOWN_REFERENCE);
    card.syncs.set(db, Syncs.FROM_PREVIOUS, isPrevious);
    openGeneration(db, slot, isCurrent ? Peers.CURRENT : Peers.PREVIOUS);
  }

  /** @return the slot of the open sync's peer, 0 where it has no entry yet */
  short entryOf(short db) {
    return card.peers.find(db, card.ram.bytes, (short) (card.syncs.at(db) + Syncs.TAG));
  }

  /** From the current generation; everything where there is none. */
  void openCurrent(short db) {
    short slot = entryOf(db);
    if (slot != 0 && card.peers.has(slot, Peers.HAS_CURRENT)) openGeneration(db, slot, Peers.CURRENT);
    else openEverything(db);
  }

  private void openGeneration(short db, short slot, short generation) {
    byte[] peers = card.peers.bytes;
    short at = (short) (Peers.at(slot) + generation);
    openSync(db);
    Util.arrayCopyNonAtomic(peers, (short) (at + Peers.SEEN), view, SEEN, (short) 4);
    Util.arrayCopyNonAtomic(peers, (short) (at + Peers.OWN), view, OWN, (short) 4);
    takeCommitted(slot, (short) (at + Peers.OWN));
  }

  private void openSync(short db) {
    Util.arrayFillNonAtomic(view, (short) 0, SIZE, (byte) 0);
    view[SLOT] = (byte) card.syncs.slot(db);
    short snap = (short) (card.syncs.at(db) + Syncs.SNAP);
    Util.arrayCopyNonAtomic(card.ram.bytes, snap, view, SNAP, (short) 4);
  }

  /** Without an open sync it is nobody's view, up to now. */
  private void openEverything(short db) {
    if (!card.syncs.isOpen(db)) {
      Util.arrayFillNonAtomic(view, (short) 0, SIZE, (byte) 0);
      Util.arrayCopyNonAtomic(card.ram.bytes, Ram.CSN, view, SNAP, (short) 4);
      return;
    }
    openSync(db);
    short slot = entryOf(db);
    if (slot == 0) {
      view[SLOT] = 0;
      return;
    }
    boolean hasCurrent = card.peers.has(slot, Peers.HAS_CURRENT);
    short own = (short) (Peers.at(slot) + (Peers.CURRENT + Peers.OWN));
    takeCommitted(slot, hasCurrent ? own : (short) (Peers.at(slot) + Peers.BORN));
  }

  /** The peer's own writes up to the higher of both are committed, or are not its own. */
  private void takeCommitted(short slot, short own) {
    byte[] peers = card.peers.bytes;
    short born = (short) (Peers.at(slot) + Peers.BORN);
    short higher = U.isLess4(peers, own, peers, born) ? born : own;
    Util.arrayCopyNonAtomic(peers, higher, view, COMMITTED, (short) 4);
  }

  /** Whether the record differs from the base by something that this peer did not do and commit itself. */
  boolean isListed(short index, short db) {
    Headers headers = card.headers;
    if (!headers.isUsed(index, db)) return false;
    short modCsn = (short) (Headers.at(index) + Headers.MOD_CSN);
    if (!U.isLess4(view, SEEN, headers.bytes, modCsn)) return false;
    if (U.isLess4(view, SNAP, headers.bytes, modCsn)) return false;
    return !isOwn(index, Headers.ORIGIN) || U.isLess4(view, OWN, headers.bytes, modCsn);
  }

  /** @return kind and flags of a record that is listed */
  byte kind(short index) {
    byte[] bytes = card.headers.bytes;
    short id = (short) (Headers.at(index) + Headers.ID);
    short modCsn = (short) (Headers.at(index) + Headers.MOD_CSN);
    boolean isOwnCreation = isOwn(index, Headers.CREATOR);
    short kind = ADDED;
    if (!card.headers.isLive(index)) kind = DELETED;
    else if (!U.isLess4(view, SEEN, bytes, id)) kind = MODIFIED;
    else if (isOwnCreation && !U.isLess4(view, OWN, bytes, id)) kind = MODIFIED;
    if (isOwn(index, Headers.ORIGIN) && U.isLess4(view, COMMITTED, bytes, modCsn)) {
      kind = (short) (kind | IS_OWN);
    }
    if (isOwnCreation && U.isLess4(view, COMMITTED, bytes, id)) kind = (short) (kind | IS_OWN_CREATION);
    return (byte) kind;
  }

  private boolean isOwn(short index, short field) {
    return view[SLOT] != 0 && card.headers.bytes[(short) (Headers.at(index) + field)] == view[SLOT];
  }
}
