package cardsync.applet;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/** LIST CHANGES, READ, READ IMAGE: pages that write nothing. */
final class Reading {
  private static final short HEAD = 7;
  private static final byte CHANGED = 1;
  private static final short SHORT_ENTRY = 5;
  private static final short LONG_ENTRY = 11;
  private static final short DATA = ISO7816.OFFSET_CDATA;
  private final Card card;
  private final View view;

  Reading(Card card, View view) {
    this.card = card;
    this.view = view;
  }

  void listChanges(APDU apdu, short db, short mode, short length) {
    byte[] buffer = apdu.getBuffer();
    if (mode != 0 && mode != 1) ISOException.throwIt(Sw.WRONG_PARAMETERS);
    if (length != 10) ISOException.throwIt(Sw.WRONG_LENGTH);
    view.open(db, buffer, DATA);
    short cursor = Util.getShort(buffer, (short) (DATA + 8));
    short size = mode == 0 ? SHORT_ENTRY : LONG_ENTRY;
    short room = (short) ((short) (Out.room(apdu) - 2) / size);
    if (room < 1) ISOException.throwIt(Sw.WRONG_LENGTH);
    short at = 2;
    short index = U.isLess2(cursor, card.headers.count) ? cursor : card.headers.count;
    for (; index < card.headers.count; index++) {
      if (!view.isListed(index, db)) continue;
      if (room == 0) break;
      room--;
      at = putEntry(buffer, at, index, size);
    }
    Util.setShort(buffer, (short) 0, index);
    Out.sendPage(apdu, at, index == card.headers.count);
  }

  private short putEntry(byte[] buffer, short at, short index, short size) {
    byte[] headers = card.headers.bytes;
    short header = Headers.at(index);
    buffer[at] = view.kind(index);
    Util.arrayCopyNonAtomic(headers, (short) (header + Headers.ID), buffer, (short) (at + 1), (short) 4);
    if (size == LONG_ENTRY) {
      Util.arrayCopyNonAtomic(headers, (short) (header + Headers.MOD_CSN), buffer, (short) (at + 5), (short) 4);
      Util.arrayCopyNonAtomic(headers, (short) (header + Headers.CRC), buffer, (short) (at + 9), (short) 2);
    }
    return (short) (at + size);
  }

  /** All records of a database in the order of headers. */
  void readImage(APDU apdu, short db, short length) {
    byte[] buffer = apdu.getBuffer();
    if (length != 4) ISOException.throwIt(Sw.WRONG_LENGTH);
    short start = Util.getShort(buffer, DATA);
    short offset = Util.getShort(buffer, (short) (DATA + 2));
    short room = Out.room(apdu);
    if ((short) (room - 4) <= HEAD) ISOException.throwIt(Sw.WRONG_LENGTH);
    short at = 4;
    short index = U.isLess2(start, card.headers.count) ? start : card.headers.count;
    short next = 0;
    boolean isLast = true;
    while (index < card.headers.count) {
      if (card.headers.is(index, db, Headers.LIVE)) {
        short from = index == start ? offset : 0;
        short count = countOf(index, from, (short) (room - at));
        put(buffer, at, index, from, count);
        at = (short) (at + count);
        next = (short) (from + count);
        if (next != endOf(index)) {
          isLast = false;
          break;
        }
        next = 0;
      }
      index++;
    }
    Util.setShort(buffer, (short) 0, index);
    Util.setShort(buffer, (short) 2, next);
    Out.sendPage(apdu, at, isLast);
  }

  /**
   * The named records, from an offset in the first of them. Ids and answer do not fit the buffer together: first the ids
   * become indexes, then the answer leaves in parts from the beginning of the buffer.
   */
  void read(APDU apdu, short db, short length) {
    byte[] buffer = apdu.getBuffer();
    if (length < 6 || (short) ((short) (length - 2) & 3) != 0) ISOException.throwIt(Sw.WRONG_LENGTH);
    short ids = (short) (DATA + 2);
    short first = findLive(buffer, db, ids);
    short offset = first == Headers.NONE ? 0 : Util.getShort(buffer, DATA);
    short count = toIndexes(buffer, db, ids, (short) (DATA + length));
    short room = Out.room(apdu);
    if (room <= HEAD) ISOException.throwIt(Sw.WRONG_LENGTH);
    short size = (short) (count << 1);
    short list = (short) (buffer.length - size);
    Util.arrayCopyNonAtomic(buffer, ids, buffer, list, size);
    short total = measure(buffer, list, offset, room);
    apdu.setOutgoingLength(total);
    boolean isLast = send(apdu, list, offset, total);
    if (!isLast) ISOException.throwIt(Sw.MORE_DATA);
  }

  private short findLive(byte[] buffer, short db, short at) {
    short index = card.headers.find(db, buffer, at);
    return index != Headers.NONE && card.headers.isLive(index) ? index : Headers.NONE;
  }

  /** Puts the indexes of records that live where the ids stood. @return how many there are */
  private short toIndexes(byte[] buffer, short db, short from, short end) {
    short to = from;
    for (short at = from; at < end; at = (short) (at + 4)) {
      short index = findLive(buffer, db, at);
      if (index != Headers.NONE) to = Util.setShort(buffer, to, index);
    }
    return (short) ((short) (to - from) >> 1);
  }

  /** @return the length of the answer */
  private short measure(byte[] buffer, short list, short offset, short room) {
    short total = 0;
    for (short at = list; at < buffer.length; at = (short) (at + 2)) {
      short index = Util.getShort(buffer, at);
      short count = countOf(index, offset, (short) (room - total));
      total = (short) (total + count);
      if ((short) (offset + count) != endOf(index)) return total;
      offset = 0;
    }
    return total;
  }

  /** @return whether that was all of it */
  private boolean send(APDU apdu, short list, short offset, short total) {
    byte[] buffer = apdu.getBuffer();
    short filled = 0;
    short left = total;
    for (short at = list; at < buffer.length; at = (short) (at + 2)) {
      short index = Util.getShort(buffer, at);
      short count = countOf(index, offset, left);
      short end = (short) (offset + count);
      left = (short) (left - count);
      while (offset != end) {
        if ((short) (list - filled) < HEAD) {
          apdu.sendBytes((short) 0, filled);
          filled = 0;
        }
        short part = (short) (end - offset);
        if (part > (short) (list - filled)) part = (short) (list - filled);
        put(buffer, filled, index, offset, part);
        filled = (short) (filled + part);
        offset = (short) (offset + part);
      }
      if (end != endOf(index)) return flush(apdu, filled, false);
      offset = 0;
    }
    return flush(apdu, filled, true);
  }

  private static boolean flush(APDU apdu, short filled, boolean isLast) {
    apdu.sendBytes((short) 0, filled);
    return isLast;
  }

  /** @return bytes of the record's stream that go into the room; refuses an offset that is none */
  private short countOf(short index, short offset, short room) {
    short end = endOf(index);
    boolean isInHead = offset != 0 && U.isLess2(offset, HEAD);
    if (isInHead || U.isLess2(end, offset)) ISOException.throwIt(Sw.MALFORMED_DATA);
    if (offset == 0 && room < HEAD) return 0;
    short left = (short) (end - offset);
    return U.isLess2(room, left) ? room : left;
  }

  private short endOf(short index) {
    return (short) (HEAD + card.headers.length(index));
  }

  /** Puts {@code count} bytes of the record's stream, {@code id flags length content}; its head as a whole or not at all. */
  private void put(byte[] buffer, short at, short index, short offset, short count) {
    if (count == 0) return;
    if (offset == 0) {
      short header = Headers.at(index);
      Util.arrayCopyNonAtomic(card.headers.bytes, (short) (header + Headers.ID), buffer, at, (short) 4);
      buffer[(short) (at + 4)] = isChangedByOthers(index) ? CHANGED : 0;
      Util.setShort(buffer, (short) (at + 5), card.headers.length(index));
      at = (short) (at + HEAD);
      count = (short) (count - HEAD);
      offset = HEAD;
    }
    card.heap.read(card.headers.first(index), (short) (offset - HEAD), buffer, at, count);
  }

  private boolean isChangedByOthers(short index) {
    short db = (short) (card.headers.bytes[Headers.at(index)] & 0x0F);
    return card.syncs.isOpen(db) && Writing.isChangedByOthers(card, index, db);
  }
}
