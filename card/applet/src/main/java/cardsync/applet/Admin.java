package cardsync.applet;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/** GET DATA, LIST DATABASES, LIST PEERS, FORGET PEER, WIPE, PUT LABEL. Source: PROTOCOL.md 2.1 and 2.5. */
final class Admin {
  private static final short DATA = ISO7816.OFFSET_CDATA;
  private static final short FREE = 0x20;
  private static final short COUNTERS = 0x21;
  private static final short IDENTITY = 0x22;
  private static final short BUILD = 0x23;
  private static final byte[] BUILD_ID = {
    'c', 'a', 'r', 'd', 's', 'y', 'n', 'c', ' ', 'a', 'p', 'p', 'l', 'e', 't', ' ', 'v', '1'
  };
  private static final short PEER = 17;
  private static final byte NO_MORE = (byte) 0xFF;
  private static final short IS_OPEN = 0x80;
  private static final short LONGEST_LABEL = 31;
  /** From so many blocks on a record may be as long as any. */
  private static final short BLOCKS_OF_LONGEST = 1057;

  private final Card card;
  private final Purge purge;
  private final Writing writing;

  Admin(Card card, Purge purge, Writing writing) {
    this.card = card;
    this.purge = purge;
    this.writing = writing;
  }

  /** Only the build id is open before the PIN; WIPE by the PUK needs the identity. */
  void getData(APDU apdu, short object, short length) {
    if (length != 0) ISOException.throwIt(Sw.WRONG_LENGTH);
    byte[] buffer = apdu.getBuffer();
    if (object == BUILD) {
      short size = (short) BUILD_ID.length;
      Out.send(apdu, Util.arrayCopyNonAtomic(BUILD_ID, (short) 0, buffer, (short) 0, size));
      return;
    }
    boolean isForWipe = object == IDENTITY && card.ram.is(Ram.PUK_VERIFIED);
    if (!card.ram.is(Ram.PIN_VERIFIED) && !isForWipe) ISOException.throwIt(Sw.PIN_NOT_VERIFIED);
    if (object == FREE) Out.send(apdu, putFreeSpace(buffer));
    else if (object == COUNTERS) Out.send(apdu, putCounters(buffer));
    else if (object == IDENTITY) {
      Out.send(apdu, Util.arrayCopyNonAtomic(card.meta, Card.UUID, buffer, (short) 0, (short) 16));
    } else ISOException.throwIt(Sw.UNKNOWN_REFERENCE);
  }

  private short putFreeSpace(byte[] buffer) {
    short at = Util.setShort(buffer, (short) 0, card.ram.words[Ram.FREE_BLOCKS]);
    buffer[at] = (byte) Heap.BLOCK;
    at = Util.setShort(buffer, (short) (at + 1), card.headers.countFree());
    return Util.setShort(buffer, at, contentOf(writing.createRoom()));
  }

  /** @return the longest content that so many blocks hold, unsigned */
  static short contentOf(short blocks) {
    return blocks >= BLOCKS_OF_LONGEST ? Writing.LONGEST : (short) (blocks * Heap.PAYLOAD);
  }

  private short putCounters(byte[] buffer) {
    Peers peers = card.peers;
    short commits = 0;
    for (short slot = 1; slot <= peers.count; slot++) {
      if (!peers.has(slot, Peers.USED)) continue;
      commits = (short) (commits + Util.getShort(peers.bytes, (short) (Peers.at(slot) + Peers.COMMITS)));
    }
    short tombstones = 0;
    for (short db = 1; db <= Card.DATABASES; db++) {
      tombstones = (short) (tombstones + card.headers.countOf(db, Headers.TOMBSTONE));
    }
    short at = Util.arrayCopyNonAtomic(card.ram.bytes, Ram.CSN, buffer, (short) 0, (short) 4);
    at = Util.setShort(buffer, at, commits);
    at = Util.setShort(buffer, at, tombstones);
    buffer[at] = (byte) peers.countUsed();
    buffer[(short) (at + 1)] = (byte) card.secrets.pinTries();
    buffer[(short) (at + 2)] = (byte) card.secrets.pukTries();
    return (short) (at + 3);
  }

  void listDatabases(APDU apdu, short length) {
    if (length != 0) ISOException.throwIt(Sw.WRONG_LENGTH);
    byte[] buffer = apdu.getBuffer();
    short at = 0;
    for (short db = 1; db <= Card.DATABASES; db++) at = putDatabase(buffer, at, db);
    Out.send(apdu, at);
  }

  /** A0 {80 id, 81 media, 82 live, 83 tombstones, 84 label}; ids are those of the media. */
  private short putDatabase(byte[] buffer, short at, short db) {
    short label = (short) ((short) (db - 1) * Card.LABEL);
    short labelLength = card.labels[label];
    buffer[at++] = (byte) 0xA0;
    buffer[at++] = (byte) (16 + labelLength);
    buffer[at++] = (byte) 0x80;
    buffer[at++] = 1;
    buffer[at++] = (byte) db;
    buffer[at++] = (byte) 0x81;
    buffer[at++] = 1;
    buffer[at++] = (byte) db;
    buffer[at++] = (byte) 0x82;
    buffer[at++] = 2;
    at = Util.setShort(buffer, at, card.headers.countOf(db, Headers.LIVE));
    buffer[at++] = (byte) 0x83;
    buffer[at++] = 2;
    at = Util.setShort(buffer, at, card.headers.countOf(db, Headers.TOMBSTONE));
    buffer[at++] = (byte) 0x84;
    buffer[at++] = (byte) labelLength;
    return Util.arrayCopyNonAtomic(card.labels, (short) (label + 1), buffer, at, labelLength);
  }

  /** Cursor and next cursor are slots; never an object. */
  void listPeers(APDU apdu, short length) {
    if (length != 1) ISOException.throwIt(Sw.WRONG_LENGTH);
    byte[] buffer = apdu.getBuffer();
    short cursor = (short) (buffer[DATA] & 0xff);
    short room = (short) ((short) (Out.room(apdu) - 1) / PEER);
    if (room < 1) ISOException.throwIt(Sw.WRONG_LENGTH);
    short at = 1;
    buffer[0] = NO_MORE;
    boolean isLast = true;
    for (short slot = 1; slot <= card.peers.count; slot++) {
      if (slot < cursor || !card.peers.has(slot, Peers.USED)) continue;
      if (room == 0) {
        buffer[0] = (byte) slot;
        isLast = false;
        break;
      }
      room--;
      at = putPeer(buffer, at, slot);
    }
    Out.sendPage(apdu, at, isLast);
  }

  /** {@code slot(1) db(1) tag(8) seenCsn(4) commits(2) flags(1)} */
  private short putPeer(byte[] buffer, short at, short slot) {
    Peers peers = card.peers;
    short entry = Peers.at(slot);
    boolean hasCurrent = peers.has(slot, Peers.HAS_CURRENT);
    buffer[at++] = (byte) slot;
    buffer[at++] = peers.bytes[(short) (entry + Peers.DB)];
    at = Util.arrayCopyNonAtomic(peers.bytes, entry, buffer, at, (short) 8);
    if (hasCurrent) {
      short seen = (short) (entry + (Peers.CURRENT + Peers.SEEN));
      at = Util.arrayCopyNonAtomic(peers.bytes, seen, buffer, at, (short) 4);
    } else at = Util.arrayFillNonAtomic(buffer, at, (short) 4, (byte) 0);
    at = Util.arrayCopyNonAtomic(peers.bytes, (short) (entry + Peers.COMMITS), buffer, at, (short) 2);
    short flags = (short) (hasCurrent ? 1 : 0);
    if (peers.has(slot, Peers.HAS_PREVIOUS)) flags = (short) (flags | 2);
    if (peers.has(slot, Peers.HAS_PENDING)) flags = (short) (flags | 4);
    if (card.syncs.isHeld(slot)) flags = (short) (flags | IS_OPEN);
    buffer[at++] = (byte) flags;
    return at;
  }

  /** One peer, or without data all of the database; its open sync ends. */
  void forgetPeer(APDU apdu, short db, short length) {
    if (length != 0 && length != 8) ISOException.throwIt(Sw.WRONG_LENGTH);
    short only = length == 0 ? 0 : card.peers.find(db, apdu.getBuffer(), DATA);
    if (length != 0 && only == 0) ISOException.throwIt(Sw.UNKNOWN_REFERENCE);
    for (short slot = 1; slot <= card.peers.count; slot++) {
      boolean isMeant = only == 0 ? card.peers.isOf(slot, db) : slot == only;
      if (!isMeant) continue;
      card.syncs.closeOn(db, slot);
      card.peers.drop(slot);
    }
    purge.run(db);
  }

  /** Confirmed by the card's own uuid, so that no other card is wiped by mistake. */
  void wipe(APDU apdu, short length) {
    if (length != 8) ISOException.throwIt(Sw.WRONG_LENGTH);
    boolean isOurs = U.isEqual(apdu.getBuffer(), DATA, card.meta, Card.UUID, (short) 8);
    if (!isOurs) ISOException.throwIt(Sw.UNKNOWN_REFERENCE);
    card.wipe();
  }

  /** An empty label takes the old one away. */
  void putLabel(APDU apdu, short db, short length) {
    if (length > LONGEST_LABEL) ISOException.throwIt(Sw.WRONG_LENGTH);
    byte[] scratch = card.ram.scratch;
    Util.arrayFillNonAtomic(scratch, (short) 0, Card.LABEL, (byte) 0);
    scratch[0] = (byte) length;
    Util.arrayCopyNonAtomic(apdu.getBuffer(), DATA, scratch, (short) 1, length);
    Util.arrayCopy(scratch, (short) 0, card.labels, (short) ((short) (db - 1) * Card.LABEL), Card.LABEL);
  }
}
