package cardsync.applet;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * CREATE, UPDATE, REVIVE, whose content may come in a chain, DELETE and TOUCH. The blocks of a new version are written into free
 * ones; then one copy of a header makes it the record's content. A card torn before that has lost nothing.
 */
final class Writing {
  static final short CREATE = 0;
  static final short UPDATE = 1;
  static final short REVIVE = 2;
  /** P2: the write is nobody's. */
  static final short AS_NOBODY = 0x80;
  private static final short DATA = ISO7816.OFFSET_CDATA;
  private static final short CREATE_HEAD = 3;
  private static final short UPDATE_HEAD = 11;
  /** The longest content, bytes, unsigned: READ's offset of 16 bits also counts the head. */
  static final short LONGEST = (short) 65528;

  private final Card card;
  private final Purge purge;
  private final Ram ram;
  private final byte[] bytes;
  private final short[] words;
  private final byte[] scratch;

  Writing(Card card, Purge purge) {
    this.card = card;
    this.purge = purge;
    ram = card.ram;
    bytes = ram.bytes;
    words = ram.words;
    scratch = ram.scratch;
  }

  /** A segment of a content; the first one holds the head. @param kind {@link #CREATE}, {@link #UPDATE} or {@link #REVIVE} */
  void segment(APDU apdu, short db, short kind, boolean asNobody, short length, boolean hasMore) {
    byte[] buffer = apdu.getBuffer();
    if (!ram.is(Ram.IN_CHAIN)) {
      begin(buffer, db, kind, asNobody, length);
      ram.set(Ram.IN_CHAIN, true);
    } else if (U.isLess2(words[Ram.MISSING], length)) {
      dropChain();
      ISOException.throwIt(Sw.WRONG_LENGTH);
    } else {
      append(buffer, DATA, length);
    }
    if (!hasMore) finish(apdu, db, kind);
  }

  /** Breaks a chain off; its blocks were never named by a header: they are free. */
  void dropChain() {
    if (!ram.is(Ram.IN_CHAIN)) return;
    ram.set(Ram.IN_CHAIN, false);
    giveBack();
  }

  /** Everything is checked before anything is written. */
  private void begin(byte[] buffer, short db, short kind, boolean asNobody, short length) {
    short head = kind == CREATE ? CREATE_HEAD : UPDATE_HEAD;
    if (length < head) ISOException.throwIt(Sw.WRONG_LENGTH);
    short total = Util.getShort(buffer, (short) ((short) (DATA + head) - 2));
    short index = kind == CREATE ? beginCreate(total) : beginReplace(buffer, db, kind, asNobody, total);
    boolean isInSync = !asNobody && card.syncs.isOpen(db);
    ram.set(Ram.CHAIN_IN_SYNC, isInSync);
    bytes[Ram.CHAIN_SLOT] = (byte) (isInSync ? card.syncs.slot(db) : 0);
    bytes[Ram.CHAIN_TYPE] = buffer[(short) ((short) (DATA + head) - 3)];
    short content = (short) (length - head);
    if (U.isLess2(total, content)) ISOException.throwIt(Sw.WRONG_LENGTH);
    Util.arrayCopyNonAtomic(buffer, ISO7816.OFFSET_INS, bytes, Ram.CHAIN_HEAD, (short) 3);
    words[Ram.INDEX] = index;
    words[Ram.TOTAL] = total;
    words[Ram.MISSING] = total;
    words[Ram.FILLED] = 0;
    words[Ram.CRC] = Crc16.START;
    words[Ram.BLOCKS_LEFT] = U.blocksFor(total);
    words[Ram.FIRST] = 0;
    words[Ram.BLOCK] = 0;
    if (total != 0) allocate();
    words[Ram.FIRST] = words[Ram.BLOCK];
    append(buffer, (short) (DATA + head), content);
  }

  private short beginCreate(short total) {
    card.prepareCsn();
    expectRoom(total, createRoom());
    short index = purge.freeHeader();
    if (index == Headers.NONE) ISOException.throwIt(Sw.FULL);
    return index;
  }

  private short beginReplace(byte[] buffer, short db, short kind, boolean asNobody, short total) {
    byte state = kind == UPDATE ? Headers.LIVE : Headers.TOMBSTONE;
    short index = expectRecord(db, buffer, DATA, state);
    expectUnchanged(index, db, buffer, (short) (DATA + 4), asNobody);
    card.prepareCsn();
    expectRoom(total, kind == UPDATE ? words[Ram.FREE_BLOCKS] : createRoom());
    return index;
  }

  /** The blocks that a new content may take, so that the largest record can still be replaced afterwards. */
  short createRoom() {
    short free = words[Ram.FREE_BLOCKS];
    short room = (short) (free - card.headers.largestLiveBlocks());
    short half = (short) (free >> 1);
    if (room > half) room = half;
    return room < 0 ? 0 : room;
  }

  private static void expectRoom(short total, short room) {
    if (U.isLess2(LONGEST, total) || U.blocksFor(total) > room) ISOException.throwIt(Sw.FULL);
  }

  private void allocate() {
    words[Ram.BLOCK] = card.heap.allocate();
    words[Ram.BLOCKS_LEFT]--;
  }

  /** @param at with two bytes before it that are not needed any more */
  private void append(byte[] buffer, short at, short length) {
    words[Ram.CRC] = card.crc16.update(words[Ram.CRC], buffer, at, length);
    words[Ram.MISSING] = (short) (words[Ram.MISSING] - length);
    while (length > 0) {
      if (words[Ram.FILLED] == Heap.PAYLOAD) nextBlock();
      short filled = words[Ram.FILLED];
      short part = (short) (Heap.PAYLOAD - filled);
      if (part > length) part = length;
      if (filled == 0) beginBlock(buffer, at, part);
      else card.heap.append(words[Ram.BLOCK], filled, buffer, at, part);
      words[Ram.FILLED] = (short) (filled + part);
      at = (short) (at + part);
      length = (short) (length - part);
    }
  }

  /** The next block is taken before this one is written, so that both leave in one copy. */
  private void beginBlock(byte[] buffer, short at, short part) {
    short block = words[Ram.BLOCK];
    short next = 0;
    if (words[Ram.BLOCKS_LEFT] > 0) {
      allocate();
      next = words[Ram.BLOCK];
    }
    short link = (short) (at - 2);
    Util.setShort(buffer, link, next);
    card.heap.begin(block, buffer, link, part);
    words[Ram.NEXT] = next;
    words[Ram.BLOCK] = block;
  }

  private void nextBlock() {
    words[Ram.BLOCK] = words[Ram.NEXT];
    words[Ram.FILLED] = 0;
  }

  /** The blocks that were taken so far: all that are linked, and one more. */
  private void giveBack() {
    short all = U.blocksFor(words[Ram.TOTAL]);
    card.heap.mark(words[Ram.FIRST], (short) (all - words[Ram.BLOCKS_LEFT]), false);
  }

  private void finish(APDU apdu, short db, short kind) {
    if (words[Ram.MISSING] != 0) {
      dropChain();
      ISOException.throwIt(Sw.WRONG_LENGTH);
    }
    ram.set(Ram.IN_CHAIN, false);
    Headers headers = card.headers;
    short index = words[Ram.INDEX];
    boolean wasLive = headers.isLive(index);
    short oldFirst = headers.first(index);
    short oldBlocks = U.blocksFor(headers.length(index));
    putHeader(index, db, kind);
    headers.store(index);
    card.spendCsn();
    if (wasLive) card.heap.mark(oldFirst, oldBlocks, false);
    if (ram.is(Ram.CHAIN_IN_SYNC)) card.syncs.set(db, Syncs.HAS_WRITTEN, true);
    byte[] buffer = apdu.getBuffer();
    Util.arrayCopyNonAtomic(bytes, Ram.NEXT_CSN, buffer, (short) 0, (short) 4);
    Util.setShort(buffer, (short) 4, Crc16.finish(words[Ram.CRC]));
    Out.send(apdu, (short) 6);
  }

  private void putHeader(short index, short db, short kind) {
    byte slot = bytes[Ram.CHAIN_SLOT];
    card.headers.load(index);
    if (kind == CREATE) {
      Util.arrayCopyNonAtomic(bytes, Ram.NEXT_CSN, scratch, Headers.ID, (short) 4);
      scratch[Headers.CREATOR] = slot;
    }
    scratch[0] = (byte) (Headers.LIVE | db);
    Util.arrayCopyNonAtomic(bytes, Ram.NEXT_CSN, scratch, Headers.MOD_CSN, (short) 4);
    scratch[Headers.ORIGIN] = slot;
    scratch[Headers.TYPE] = bytes[Ram.CHAIN_TYPE];
    Util.setShort(scratch, Headers.LENGTH, words[Ram.TOTAL]);
    Util.setShort(scratch, Headers.CRC, Crc16.finish(words[Ram.CRC]));
    Util.setShort(scratch, Headers.FIRST, words[Ram.FIRST]);
  }

  /** Leaves a tombstone, or nothing where nobody is interested. */
  void delete(APDU apdu, short db, boolean asNobody, short length) {
    if (length != 8) ISOException.throwIt(Sw.WRONG_LENGTH);
    byte[] buffer = apdu.getBuffer();
    short index = expectRecord(db, buffer, DATA, Headers.LIVE);
    expectUnchanged(index, db, buffer, (short) (DATA + 4), asNobody);
    card.prepareCsn();
    Headers headers = card.headers;
    boolean isInSync = !asNobody && card.syncs.isOpen(db);
    short first = headers.first(index);
    short blocks = U.blocksFor(headers.length(index));
    headers.load(index);
    scratch[0] = (byte) ((purge.isDeletionKept(db) ? Headers.TOMBSTONE : Headers.FREE) | db);
    Util.arrayCopyNonAtomic(bytes, Ram.NEXT_CSN, scratch, Headers.MOD_CSN, (short) 4);
    scratch[Headers.ORIGIN] = (byte) (isInSync ? card.syncs.slot(db) : 0);
    Util.setShort(scratch, Headers.FIRST, (short) 0);
    headers.store(index);
    card.spendCsn();
    card.heap.mark(first, blocks, false);
    if (isInSync) card.syncs.set(db, Syncs.HAS_WRITTEN, true);
  }

  /** Makes the record, or tombstone, a change of nobody's: every peer is told of it again. */
  void touch(APDU apdu, short db, short length) {
    if (length != 4) ISOException.throwIt(Sw.WRONG_LENGTH);
    byte[] buffer = apdu.getBuffer();
    short index = card.headers.find(db, buffer, DATA);
    if (index == Headers.NONE) ISOException.throwIt(Sw.NO_RECORD);
    card.prepareCsn();
    card.headers.load(index);
    Util.arrayCopyNonAtomic(bytes, Ram.NEXT_CSN, scratch, Headers.MOD_CSN, (short) 4);
    scratch[Headers.ORIGIN] = 0;
    card.headers.store(index);
    card.spendCsn();
    Util.arrayCopyNonAtomic(bytes, Ram.CSN, buffer, (short) 0, (short) 4);
    Out.send(apdu, (short) 4);
  }

  private short expectRecord(short db, byte[] id, short at, byte state) {
    short index = card.headers.find(db, id, at);
    if (index == Headers.NONE) ISOException.throwIt(Sw.NO_RECORD);
    if (!card.headers.is(index, db, state)) {
      ISOException.throwIt(state == Headers.LIVE ? Sw.NO_RECORD : Sw.CONFLICT);
    }
    return index;
  }

  /** An ifCsn names the very version; without one a sync's snapshot is the limit, and nobody has none. */
  private void expectUnchanged(short index, short db, byte[] buffer, short ifCsn, boolean asNobody) {
    boolean isChanged;
    if (U.isZero(buffer, ifCsn, (short) 4)) {
      isChanged = !asNobody && card.syncs.isOpen(db) && isChangedByOthers(card, index, db);
    } else {
      short modCsn = (short) (Headers.at(index) + Headers.MOD_CSN);
      isChanged = U.compare4(card.headers.bytes, modCsn, buffer, ifCsn) != 0;
    }
    if (isChanged) ISOException.throwIt(Sw.CONFLICT);
  }

  /** Whether somebody else changed the record after the open sync's snapshot: a write would hide that for ever. */
  static boolean isChangedByOthers(Card card, short index, short db) {
    short modCsn = (short) (Headers.at(index) + Headers.MOD_CSN);
    short snap = (short) (card.syncs.at(db) + Syncs.SNAP);
    if (!U.isLess4(card.ram.bytes, snap, card.headers.bytes, modCsn)) return false;
    short slot = card.syncs.slot(db);
    return slot == 0 || card.headers.slot(index, Headers.ORIGIN) != slot;
  }
}
