package cardsync.applet;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * The card of PROTOCOL.md. Commands are checked in the order of its section 2: chain, CLA, INS, P1/P2, PIN, transport PIN, chaining,
 * length, then the command's own. Nothing is allocated after install, no transaction is used, no static or instance field
 * changes: every change of the memory is one copy of at most 60 bytes, bodies aside, which nothing names before.
 */
public final class PimApplet extends Applet {
  private static final short CHAINING = 0x10;
  private static final short OURS = 0x80;
  private static final short MOST_DATA = 248;
  private static final short MOST_SEGMENT = 247;

  private static final short SELECT = 0xA4;
  private static final short VERIFY = 0x20;
  private static final short CHANGE = 0x24;
  private static final short UNBLOCK = 0x2C;
  private static final short GET_DATA = 0xCA;
  private static final short LIST_DATABASES = 0x10;
  private static final short START = 0x12;
  private static final short LIST_CHANGES = 0x14;
  private static final short READ = 0x16;
  private static final short WRITE = 0x18;
  private static final short DELETE = 0x1A;
  private static final short COMMIT = 0x1C;
  private static final short ABORT = 0x1E;
  private static final short LIST_PEERS = 0x22;
  private static final short FORGET_PEER = 0x24;
  private static final short WIPE = 0x26;
  private static final short PUT_LABEL = 0x28;
  private static final short WIPE_P1 = 0x57;
  private static final short WIPE_P2 = 0x49;
  private static final short DATA_OBJECT_P1 = 0xDF;
  private static final short PREPARE = 1;
  private static final short TOUCH = 1;

  private static final byte[] AID = {
    (byte) 0xF0, 0x50, 0x49, 0x4D, 0x44, 0x42, 0x31, 0x01
  };
  /** What SELECT answers, up to maxRecord; then two bytes, DF06 01 and the PIN's state. Source: PROTOCOL.md 2.1. */
  private static final byte[] FCI = {
    0x6F, 0x26, (byte) 0x84, 0x08, (byte) 0xF0, 0x50, 0x49, 0x4D, 0x44, 0x42, 0x31, 0x01, (byte) 0xA5, 0x1A,
    (byte) 0xDF, 0x01, 0x02, 0x01, 0x00, (byte) 0xDF, 0x02, 0x02, 0x00, 0x00,
    (byte) 0xDF, 0x04, 0x04, 0x00, (byte) 0xF7, 0x00, (byte) 0xF8, (byte) 0xDF, 0x05, 0x02
  };
  private static final byte[] FCI_PIN = {(byte) 0xDF, 0x06, 0x01};
  private static final short IS_TRANSPORT = 0x40;

  private final Card card;
  private final Reading reading;
  private final Writing writing;
  private final Syncing syncing;
  private final Admin admin;

  private PimApplet(byte[] source, short offset) {
    card = new Card(source, offset);
    Purge purge = new Purge(card);
    View view = new View(card);
    reading = new Reading(card, view);
    writing = new Writing(card, purge);
    syncing = new Syncing(card, purge, view);
    admin = new Admin(card, purge, writing);
  }

  /** See {@link InstallData} for the parameters. */
  public static void install(byte[] source, short offset, byte length) {
    PimApplet applet = new PimApplet(source, offset);
    short aidLength = (short) (source[offset] & 0xff);
    if (aidLength == 0) applet.register();
    else applet.register(source, (short) (offset + 1), (byte) aidLength);
  }

  @Override
  public void process(APDU apdu) {
    card.load();
    if (selectingApplet()) {
      select(apdu);
      return;
    }
    byte[] buffer = apdu.getBuffer();
    short cla = (short) (buffer[ISO7816.OFFSET_CLA] & 0xff);
    boolean hasMore = (short) (cla & CHAINING) != 0;
    cla = (short) (cla & ~CHAINING);
    short ins = (short) (buffer[ISO7816.OFFSET_INS] & 0xff);
    short p1 = (short) (buffer[ISO7816.OFFSET_P1] & 0xff);
    short p2 = (short) (buffer[ISO7816.OFFSET_P2] & 0xff);
    if (cla == 0 && ins == SELECT && p1 == 4 && p2 == 0) {
      selectByName(apdu);
      return;
    }
    expectContinuation(buffer);
    if (cla == 0) openCommand(apdu, ins, p1, p2, hasMore);
    else if (cla == OURS) ourCommand(apdu, ins, p1, p2, hasMore);
    else ISOException.throwIt(Sw.UNKNOWN_CLA);
  }

  /** A name that the card's own system did not take for ours, or ours with CLA 10, which it does not know. */
  private void selectByName(APDU apdu) {
    writing.dropChain();
    short length = receive(apdu);
    boolean isOurs = length == AID.length && U.isEqual(apdu.getBuffer(), ISO7816.OFFSET_CDATA, AID, (short) 0, length);
    if (!isOurs) ISOException.throwIt(Sw.NO_DATABASE);
    select(apdu);
  }

  /** Selecting begins a new session: the PIN is to be verified again and no sync is open. */
  private void select(APDU apdu) {
    writing.dropChain();
    card.syncs.closeAll();
    card.ram.set(Ram.PIN_VERIFIED, false);
    card.ram.set(Ram.PUK_VERIFIED, false);
    byte[] buffer = apdu.getBuffer();
    short at = Util.arrayCopyNonAtomic(FCI, (short) 0, buffer, (short) 0, (short) FCI.length);
    at = Util.setShort(buffer, at, Admin.contentOf((short) (card.heap.blocks >> 1)));
    at = Util.arrayCopyNonAtomic(FCI_PIN, (short) 0, buffer, at, (short) FCI_PIN.length);
    short transport = card.secrets.isTransport() ? IS_TRANSPORT : 0;
    buffer[at] = (byte) (transport | card.secrets.pinTries());
    Out.send(apdu, (short) (at + 1));
  }

  /** Anything but the next segment breaks a chain off: it gets 6883 and is not done. */
  private void expectContinuation(byte[] buffer) {
    if (!card.ram.is(Ram.IN_CHAIN)) return;
    if (U.isEqual(buffer, ISO7816.OFFSET_INS, card.ram.bytes, Ram.CHAIN_HEAD, (short) 3)) return;
    writing.dropChain();
    ISOException.throwIt(Sw.LAST_SEGMENT_EXPECTED);
  }

  /** Those that need no PIN. */
  private void openCommand(APDU apdu, short ins, short p1, short p2, boolean hasMore) {
    switch (ins) {
      case VERIFY:
      case CHANGE:
      case UNBLOCK:
        if (p1 != 0) ISOException.throwIt(Sw.WRONG_PARAMETERS);
        break;
      case GET_DATA:
        if (p1 != DATA_OBJECT_P1) ISOException.throwIt(Sw.WRONG_PARAMETERS);
        break;
      case SELECT:
        ISOException.throwIt(Sw.WRONG_PARAMETERS);
      default:
        ISOException.throwIt(Sw.UNKNOWN_INS);
    }
    short length = receiveWhole(apdu, hasMore);
    byte[] buffer = apdu.getBuffer();
    if (ins == GET_DATA) admin.getData(apdu, p2, length);
    else if (ins == VERIFY) card.secrets.verify(p2, buffer, ISO7816.OFFSET_CDATA, length);
    else if (ins == CHANGE) card.secrets.change(p2, buffer, ISO7816.OFFSET_CDATA, length);
    else card.secrets.unblock(p2, buffer, ISO7816.OFFSET_CDATA, length);
  }

  private void ourCommand(APDU apdu, short ins, short p1, short p2, boolean hasMore) {
    expectParameters(ins, p1, p2);
    expectAllowed(ins);
    if (ins == WRITE) {
      write(apdu, p1, p2, hasMore);
      return;
    }
    short length = receiveWhole(apdu, hasMore);
    switch (ins) {
      case LIST_DATABASES:
        admin.listDatabases(apdu, length);
        return;
      case LIST_PEERS:
        admin.listPeers(apdu, length);
        return;
      case WIPE:
        admin.wipe(apdu, length);
        return;
      default:
        expectDatabase(p1);
        inDatabase(apdu, ins, p1, p2, length);
    }
  }

  private void inDatabase(APDU apdu, short ins, short db, short p2, short length) {
    switch (ins) {
      case START:
        syncing.start(apdu, db, p2, length);
        return;
      case LIST_CHANGES:
        reading.listChanges(apdu, db, p2, length);
        return;
      case READ:
        if (p2 == 0) reading.read(apdu, db, length);
        else reading.readImage(apdu, db, length);
        return;
      case DELETE:
        if (p2 == TOUCH) writing.touch(apdu, db, length);
        else writing.delete(apdu, db, p2 != 0, length);
        return;
      case COMMIT:
        if (p2 == PREPARE) syncing.prepare(apdu, db, length);
        else syncing.commit(apdu, db, length);
        return;
      case ABORT:
        syncing.abort(db, p2, length);
        return;
      case FORGET_PEER:
        admin.forgetPeer(apdu, db, length);
        return;
      default:
        admin.putLabel(apdu, db, length);
    }
  }

  private void write(APDU apdu, short p1, short p2, boolean hasMore) {
    short length = receive(apdu);
    if (length > (hasMore ? MOST_SEGMENT : MOST_DATA)) ISOException.throwIt(Sw.WRONG_LENGTH);
    expectDatabase(p1);
    short kind = (short) (p2 & ~Writing.AS_NOBODY);
    writing.segment(apdu, p1, kind, kind != p2, length, hasMore);
  }

  /** P1 of a database, and P2 of START, LIST CHANGES and ABORT, are left to the command. */
  private static void expectParameters(short ins, short p1, short p2) {
    boolean isKnown;
    switch (ins) {
      case LIST_DATABASES:
      case LIST_PEERS:
        isKnown = p1 == 0 && p2 == 0;
        break;
      case START:
      case LIST_CHANGES:
      case ABORT:
        isKnown = true;
        break;
      case READ:
      case COMMIT:
        isKnown = p2 == 0 || p2 == 1;
        break;
      case WRITE:
        isKnown = (short) (p2 & ~Writing.AS_NOBODY) <= Writing.REVIVE;
        break;
      case DELETE:
        isKnown = p2 == 0 || p2 == TOUCH || p2 == Writing.AS_NOBODY;
        break;
      case FORGET_PEER:
      case PUT_LABEL:
        isKnown = p2 == 0;
        break;
      case WIPE:
        isKnown = p1 == WIPE_P1 && p2 == WIPE_P2;
        break;
      default:
        isKnown = false;
        ISOException.throwIt(Sw.UNKNOWN_INS);
    }
    if (!isKnown) ISOException.throwIt(Sw.WRONG_PARAMETERS);
  }

  private void expectAllowed(short ins) {
    boolean isAllowed = card.ram.is(Ram.PIN_VERIFIED) || (ins == WIPE && card.ram.is(Ram.PUK_VERIFIED));
    if (!isAllowed) ISOException.throwIt(Sw.PIN_NOT_VERIFIED);
    boolean isWrite =
        ins == WRITE || ins == DELETE || ins == COMMIT || ins == FORGET_PEER || ins == PUT_LABEL;
    if (isWrite && card.secrets.isTransport()) ISOException.throwIt(Sw.TRANSPORT_PIN);
  }

  private static void expectDatabase(short db) {
    if (db < 1 || db > Card.DATABASES) ISOException.throwIt(Sw.NO_DATABASE);
  }

  private static short receiveWhole(APDU apdu, boolean hasMore) {
    if (hasMore) ISOException.throwIt(Sw.CHAINING_UNSUPPORTED);
    short length = receive(apdu);
    if (length > MOST_DATA) ISOException.throwIt(Sw.WRONG_LENGTH);
    return length;
  }

  /** Takes the command's data, of which there may be none. @return how many bytes now lie in the buffer */
  private static short receive(APDU apdu) {
    byte[] buffer = apdu.getBuffer();
    // In T=0 the fifth byte of these is Le: the card would wait for data that never come.
    boolean isT0 = (short) (APDU.getProtocol() & 0x0F) == APDU.PROTOCOL_T0;
    byte ins = buffer[ISO7816.OFFSET_INS];
    if (isT0 && (ins == (byte) GET_DATA || ins == (byte) LIST_DATABASES)) return 0;
    short received = apdu.setIncomingAndReceive();
    short length = apdu.getIncomingLength();
    while (received < length) {
      received = (short) (received + apdu.receiveBytes((short) (ISO7816.OFFSET_CDATA + received)));
    }
    return length;
  }
}
