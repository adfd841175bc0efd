package cardsync.applet;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/** START, PREPARE, COMMIT, ABORT. Source: PROTOCOL.md 2.2 and 2.5. */
final class Syncing {
  private static final short DATA = ISO7816.OFFSET_CDATA;
  private static final short MAY_EVICT = 0x02;
  private static final short DROPS_PENDING = 0x01;
  private static final short MOST_COUNTED = (short) 0xFFFE;
  private static final byte TAG_CURRENT = (byte) 0x80;
  private static final byte TAG_PROPOSED = (byte) 0x81;
  private static final byte TAG_CHANGES = (byte) 0x82;
  private static final byte TAG_SNAP = (byte) 0x83;
  private static final byte TAG_PREVIOUS = (byte) 0x84;
  private static final byte TAG_PENDING = (byte) 0x85;

  private final Card card;
  private final Purge purge;
  private final View view;
  private final byte[] bytes;
  private final byte[] scratch;

  Syncing(Card card, Purge purge, View view) {
    this.card = card;
    this.purge = purge;
    this.view = view;
    bytes = card.ram.bytes;
    scratch = card.ram.scratch;
  }

  /** Opens a sync and proposes a new object. Writes nothing. */
  void start(APDU apdu, short db, short flags, short length) {
    if ((short) (flags & ~MAY_EVICT) != 0) ISOException.throwIt(Sw.WRONG_PARAMETERS);
    if (length != 8) ISOException.throwIt(Sw.WRONG_LENGTH);
    byte[] buffer = apdu.getBuffer();
    Syncs syncs = card.syncs;
    syncs.close(db);
    short slot = card.peers.find(db, buffer, DATA);
    short held = slot == 0 ? card.peers.findFree(syncs) : slot;
    short sync = syncs.at(db);
    syncs.set(db, Syncs.OPEN, true);
    syncs.set(db, Syncs.MAY_EVICT, flags == MAY_EVICT);
    syncs.setSlot(db, held);
    Util.arrayCopyNonAtomic(buffer, DATA, bytes, (short) (sync + Syncs.TAG), (short) 8);
    Util.arrayCopyNonAtomic(bytes, Ram.CSN, bytes, (short) (sync + Syncs.SNAP), (short) 4);
    drawObject((short) (sync + Syncs.PROPOSED));
    short at = putObject(buffer, (short) 0, slot, Peers.HAS_CURRENT, Peers.CURRENT, TAG_CURRENT);
    at = putObject(buffer, at, slot, Peers.HAS_PREVIOUS, Peers.PREVIOUS, TAG_PREVIOUS);
    at = putObject(buffer, at, slot, Peers.HAS_PENDING, Peers.PENDING, TAG_PENDING);
    at = put(buffer, at, TAG_PROPOSED, bytes, (short) (sync + Syncs.PROPOSED), (short) 8);
    buffer[at] = TAG_CHANGES;
    buffer[(short) (at + 1)] = 2;
    at = Util.setShort(buffer, (short) (at + 2), countChanges(db));
    at = put(buffer, at, TAG_SNAP, bytes, (short) (sync + Syncs.SNAP), (short) 4);
    Out.send(apdu, at);
  }

  private void drawObject(short at) {
    do {
      card.draw(bytes, at, (short) 8);
    } while (U.isAll(bytes, at, (short) 8, (byte) 0) || U.isAll(bytes, at, (short) 8, (byte) 0xFF));
  }

  private short putObject(byte[] buffer, short at, short slot, short flag, short field, byte tag) {
    if (slot == 0 || !card.peers.has(slot, flag)) return at;
    return put(buffer, at, tag, card.peers.bytes, (short) (Peers.at(slot) + field), (short) 8);
  }

  private static short put(byte[] buffer, short at, byte tag, byte[] value, short valueAt, short length) {
    buffer[at] = tag;
    buffer[(short) (at + 1)] = (byte) length;
    return Util.arrayCopyNonAtomic(value, valueAt, buffer, (short) (at + 2), length);
  }

  private short countChanges(short db) {
    view.openCurrent(db);
    short count = 0;
    for (short index = 0; index < card.headers.count; index++) {
      if (count != MOST_COUNTED && view.isListed(index, db)) count++;
    }
    return count;
  }

  /** Makes the proposed object durable as pending, before a message leaves after which the peer may hold it. */
  void prepare(APDU apdu, short db, short length) {
    if (!card.syncs.isOpen(db)) ISOException.throwIt(Sw.NO_OPEN_SYNC);
    if (length != 8) ISOException.throwIt(Sw.WRONG_LENGTH);
    if (!isProposed(db, apdu.getBuffer())) ISOException.throwIt(Sw.CONFLICT);
    short slot = loadEntry(db);
    boolean isFromPrevious = card.syncs.is(db, Syncs.FROM_PREVIOUS);
    short proposed = (short) (card.syncs.at(db) + Syncs.PROPOSED);
    boolean isPending = (scratch[Peers.FLAGS] & Peers.HAS_PENDING) != 0;
    boolean wasFromPrevious = (scratch[Peers.FLAGS] & Peers.PENDING_FROM_PREVIOUS) != 0;
    if (isPending
        && wasFromPrevious == isFromPrevious
        && U.isEqual(scratch, Peers.PENDING, bytes, proposed, (short) 8)) return;
    setFlag(Peers.HAS_PENDING, true);
    setFlag(Peers.PENDING_FROM_PREVIOUS, isFromPrevious);
    Util.arrayCopyNonAtomic(bytes, proposed, scratch, Peers.PENDING, (short) 8);
    short snap = (short) (card.syncs.at(db) + Syncs.SNAP);
    Util.arrayCopyNonAtomic(bytes, snap, scratch, Peers.PENDING_SNAP, (short) 4);
    card.peers.store(slot);
  }

  /** Replaces the current object: by the proposed one, by the pending one, or by itself. */
  void commit(APDU apdu, short db, short length) {
    if (length != 8) ISOException.throwIt(Sw.WRONG_LENGTH);
    byte[] buffer = apdu.getBuffer();
    Syncs syncs = card.syncs;
    boolean isOpen = syncs.isOpen(db);
    if (isOpen && isProposed(db, buffer)) {
      commitProposed(db);
    } else {
      short slot = isOpen ? view.entryOf(db) : card.peers.findPending(db, buffer, DATA);
      boolean isPending = card.peers.holds(slot, Peers.HAS_PENDING, Peers.PENDING, buffer, DATA);
      if (isPending && !syncs.is(db, Syncs.HAS_WRITTEN)) {
        commitPending(slot);
        syncs.set(db, Syncs.FROM_PREVIOUS, false);
      } else if (isOpen) commitCurrent(db, slot, buffer);
      else ISOException.throwIt(Sw.NO_OPEN_SYNC);
    }
    purge.run(db);
  }

  private boolean isProposed(short db, byte[] buffer) {
    short proposed = (short) (card.syncs.at(db) + Syncs.PROPOSED);
    return U.isEqual(buffer, DATA, bytes, proposed, (short) 8);
  }

  /** What the card saw from the snapshot on is found by the next sync: seenCsn is the snapshot's, never today's. */
  private void commitProposed(short db) {
    short slot = loadEntry(db);
    short sync = card.syncs.at(db);
    shift(card.syncs.is(db, Syncs.FROM_PREVIOUS));
    Util.arrayCopyNonAtomic(bytes, (short) (sync + Syncs.PROPOSED), scratch, Peers.CURRENT, (short) 8);
    short seen = (short) (Peers.CURRENT + Peers.SEEN);
    Util.arrayCopyNonAtomic(bytes, (short) (sync + Syncs.SNAP), scratch, seen, (short) 4);
    card.peers.store(slot);
    card.syncs.close(db);
  }

  private void commitPending(short slot) {
    card.expectChangeable();
    card.peers.load(slot);
    shift((scratch[Peers.FLAGS] & Peers.PENDING_FROM_PREVIOUS) != 0);
    Util.arrayCopyNonAtomic(scratch, Peers.PENDING, scratch, Peers.CURRENT, (short) 8);
    short seen = (short) (Peers.CURRENT + Peers.SEEN);
    Util.arrayCopyNonAtomic(scratch, Peers.PENDING_SNAP, scratch, seen, (short) 4);
    card.peers.store(slot);
  }

  /** In the scratch memory: the current generation becomes the previous one, and all own writes are settled. */
  private void shift(boolean isFromPrevious) {
    boolean hasCurrent = (scratch[Peers.FLAGS] & Peers.HAS_CURRENT) != 0;
    if (hasCurrent && !isFromPrevious) {
      Util.arrayCopyNonAtomic(scratch, Peers.CURRENT, scratch, Peers.PREVIOUS, Peers.GENERATION);
      setFlag(Peers.HAS_PREVIOUS, true);
    }
    setFlag(Peers.HAS_CURRENT, true);
    setFlag(Peers.HAS_PENDING, false);
    setFlag(Peers.PENDING_FROM_PREVIOUS, false);
    short own = (short) (Peers.CURRENT + Peers.OWN);
    Util.arrayCopyNonAtomic(bytes, Ram.CSN, scratch, own, (short) 4);
    short commits = (short) (Util.getShort(scratch, Peers.COMMITS) + 1);
    Util.setShort(scratch, Peers.COMMITS, commits);
  }

  /** A one-way sync from the peer: it has told us all and learnt nothing, so only its own writes are settled. */
  private void commitCurrent(short db, short slot, byte[] buffer) {
    boolean isCurrent = card.peers.holds(slot, Peers.HAS_CURRENT, Peers.CURRENT, buffer, DATA);
    if (!isCurrent) ISOException.throwIt(Sw.CONFLICT);
    card.expectChangeable();
    card.peers.load(slot);
    short own = (short) (Peers.CURRENT + Peers.OWN);
    Util.arrayCopyNonAtomic(bytes, Ram.CSN, scratch, own, (short) 4);
    card.peers.store(slot);
    card.syncs.close(db);
  }

  /** Ends the open sync, if any. */
  void abort(short db, short flags, short length) {
    if ((short) (flags & ~DROPS_PENDING) != 0) ISOException.throwIt(Sw.WRONG_PARAMETERS);
    if (length != 0) ISOException.throwIt(Sw.WRONG_LENGTH);
    if (flags == DROPS_PENDING) {
      if (!card.syncs.isOpen(db)) ISOException.throwIt(Sw.NO_OPEN_SYNC);
      dropPending(view.entryOf(db));
    }
    card.syncs.close(db);
  }

  private void dropPending(short slot) {
    if (slot == 0 || !card.peers.has(slot, Peers.HAS_PENDING)) return;
    if (!card.peers.has(slot, Peers.HAS_CURRENT)) {
      card.peers.drop(slot);
      return;
    }
    card.peers.load(slot);
    setFlag(Peers.HAS_PENDING, false);
    setFlag(Peers.PENDING_FROM_PREVIOUS, false);
    card.peers.store(slot);
  }

  private void setFlag(short flag, boolean isOn) {
    byte flags = scratch[Peers.FLAGS];
    scratch[Peers.FLAGS] = (byte) (isOn ? flags | flag : flags & ~flag);
  }

  /** Puts the peer's entry, a fresh one where there is none, into the scratch memory. @return the slot it belongs to */
  private short loadEntry(short db) {
    card.expectChangeable();
    if (card.syncs.slot(db) == 0) takeSlot(db);
    short slot = card.syncs.slot(db);
    short entry = view.entryOf(db);
    if (entry != 0) {
      card.peers.load(entry);
      return slot;
    }
    short sync = card.syncs.at(db);
    Util.arrayFillNonAtomic(scratch, (short) 0, Peers.SIZE, (byte) 0);
    Util.arrayCopyNonAtomic(bytes, (short) (sync + Syncs.TAG), scratch, Peers.TAG, (short) 8);
    Util.arrayCopyNonAtomic(bytes, (short) (sync + Syncs.SNAP), scratch, Peers.BORN, (short) 4);
    scratch[Peers.DB] = (byte) db;
    scratch[Peers.FLAGS] = (byte) Peers.USED;
    return slot;
  }

  /** The stalest peer's entry is overwritten by the new one's in one write; its open sync, if any, ends here. */
  private void takeSlot(short db) {
    short slot = card.peers.findFree(card.syncs);
    if (slot == 0 && card.syncs.is(db, Syncs.MAY_EVICT)) slot = purge.stalest();
    if (slot == 0) ISOException.throwIt(Sw.FULL);
    if (card.peers.has(slot, Peers.USED)) card.syncs.closeOn(card.peers.db(slot), slot);
    card.syncs.setSlot(db, slot);
  }
}
