package cardsync.applet;

import javacard.framework.Util;

/** Tombstones that nobody needs any more, and what is given up where there is no room. Source: PROTOCOL.md section 5. */
final class Purge {
  /** In the scratch memory while an order is gone through: held(1) seenCsn(4) slot(1) of the peer that was last. */
  private static final short LAST_HELD = 8;
  private static final short LAST_SEEN = 9;
  private static final short LAST_SLOT = 13;
  /** The one that is compared, and the lowest threshold so far. */
  private static final short SEEN = 16;
  private static final short BEST_SEEN = 20;
  private static final short THRESHOLD = 24;

  private final Card card;
  private final byte[] scratch;

  Purge(Card card) {
    this.card = card;
    scratch = card.ram.scratch;
  }

  /** Whether a deletion in this database may be of interest to anybody. */
  boolean isDeletionKept(short db) {
    return card.syncs.isOpen(db) || card.peers.isAnyOf(db);
  }

  /** Sets those tombstones of a database free that every peer has seen in every generation it may come back to. */
  void run(short db) {
    if (card.headers.countOf(db, Headers.TOMBSTONE) == 0) return;
    findThreshold(db);
    for (short index = 0; index < card.headers.count; index++) {
      if (!card.headers.is(index, db, Headers.TOMBSTONE)) continue;
      short modCsn = (short) (Headers.at(index) + Headers.MOD_CSN);
      if (!U.isLess4(scratch, THRESHOLD, card.headers.bytes, modCsn)) card.headers.release(index);
    }
  }

  /** The CSN up to which no peer of this database needs a tombstone. */
  private void findThreshold(short db) {
    Util.arrayFillNonAtomic(scratch, THRESHOLD, (short) 4, (byte) 0xFF);
    Peers peers = card.peers;
    for (short slot = 1; slot <= peers.count; slot++) {
      if (!peers.isOf(slot, db)) continue;
      short at = Peers.at(slot);
      if (peers.has(slot, Peers.HAS_CURRENT)) lower(peers.bytes, (short) (at + (Peers.CURRENT + Peers.SEEN)));
      if (peers.has(slot, Peers.HAS_PREVIOUS)) lower(peers.bytes, (short) (at + (Peers.PREVIOUS + Peers.SEEN)));
      if (peers.has(slot, Peers.HAS_PENDING)) lower(peers.bytes, (short) (at + Peers.PENDING_SNAP));
    }
    if (card.syncs.isOpen(db)) lower(card.ram.bytes, (short) (card.syncs.at(db) + Syncs.SNAP));
  }

  private void lower(byte[] bytes, short at) {
    if (U.isLess4(bytes, at, scratch, THRESHOLD)) {
      Util.arrayCopyNonAtomic(bytes, at, scratch, THRESHOLD, (short) 4);
    }
  }

  /**
   * Makes room in a header table that is full of tombstones: purges, then gives up previous generations, then whole
   * peers, the stalest first and those with an open sync last.
   *
   * @return a free header, {@link Headers#NONE} where records that live take all of them
   */
  short freeHeader() {
    short index = card.headers.findFree();
    if (index != Headers.NONE) return index;
    for (short db = 1; db <= Card.DATABASES; db++) run(db);
    sacrifice(false);
    sacrifice(true);
    return card.headers.findFree();
  }

  private void sacrifice(boolean isWholePeer) {
    Util.arrayFillNonAtomic(scratch, LAST_HELD, (short) 6, (byte) 0);
    while (card.headers.findFree() == Headers.NONE) {
      short slot = nextStalest(true);
      if (slot == 0) return;
      rememberLast(slot);
      if (isWholePeer) evict(slot);
      else dropPrevious(slot);
    }
  }

  /** @return the slot of the peer that a new one may take the place of, 0 where there is none */
  short stalest() {
    Util.arrayFillNonAtomic(scratch, LAST_HELD, (short) 6, (byte) 0);
    return nextStalest(false);
  }

  /** @return the peer that comes after the last one, in the order of held, seenCsn, slot; 0 where there is none */
  private short nextStalest(boolean mustHaveTombstones) {
    Peers peers = card.peers;
    short best = 0;
    boolean isBestHeld = false;
    for (short slot = 1; slot <= peers.count; slot++) {
      if (!peers.has(slot, Peers.USED)) continue;
      if (mustHaveTombstones && card.headers.countOf(peers.db(slot), Headers.TOMBSTONE) == 0) continue;
      boolean isHeld = card.syncs.isHeld(slot);
      findSeen(slot);
      if (!isAfterLast(slot, isHeld)) continue;
      boolean isBetter = best == 0 || (isHeld != isBestHeld ? isBestHeld : isLessSeen());
      if (!isBetter) continue;
      best = slot;
      isBestHeld = isHeld;
      Util.arrayCopyNonAtomic(scratch, SEEN, scratch, BEST_SEEN, (short) 4);
    }
    return best;
  }

  private boolean isLessSeen() {
    return U.isLess4(scratch, SEEN, scratch, BEST_SEEN);
  }

  private boolean isAfterLast(short slot, boolean isHeld) {
    boolean wasHeld = scratch[LAST_HELD] != 0;
    if (isHeld != wasHeld) return isHeld;
    short difference = U.compare4(scratch, SEEN, scratch, LAST_SEEN);
    if (difference != 0) return difference > 0;
    return slot > (short) (scratch[LAST_SLOT] & 0xff);
  }

  private void rememberLast(short slot) {
    findSeen(slot);
    scratch[LAST_HELD] = (byte) (card.syncs.isHeld(slot) ? 1 : 0);
    Util.arrayCopyNonAtomic(scratch, SEEN, scratch, LAST_SEEN, (short) 4);
    scratch[LAST_SLOT] = (byte) slot;
  }

  private void findSeen(short slot) {
    Peers peers = card.peers;
    short at = Peers.at(slot);
    if (peers.has(slot, Peers.HAS_CURRENT)) at = (short) (at + (Peers.CURRENT + Peers.SEEN));
    else if (peers.has(slot, Peers.HAS_PENDING)) at = (short) (at + Peers.PENDING_SNAP);
    else {
      Util.arrayFillNonAtomic(scratch, SEEN, (short) 4, (byte) 0);
      return;
    }
    Util.arrayCopyNonAtomic(peers.bytes, at, scratch, SEEN, (short) 4);
  }

  private void dropPrevious(short slot) {
    if (!card.peers.has(slot, Peers.HAS_PREVIOUS)) return;
    short db = card.peers.db(slot);
    if (card.syncs.is(db, Syncs.FROM_PREVIOUS)) card.syncs.closeOn(db, slot);
    card.peers.dropPrevious(slot);
    run(db);
  }

  private void evict(short slot) {
    short db = card.peers.db(slot);
    card.syncs.closeOn(db, slot);
    card.peers.drop(slot);
    run(db);
  }
}
