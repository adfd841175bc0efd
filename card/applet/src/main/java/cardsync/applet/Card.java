package cardsync.applet;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.CryptoException;
import javacard.security.RandomData;

/** Everything the card has: its memory, made once and for all, and what is found again from it after a reset. */
final class Card {
  static final short DATABASES = 4;
  static final short LABEL = 32;
  /** In {@link #meta}. */
  static final short UUID = 0;
  static final short EPOCH = 8;
  static final short CSN_FLOOR = 16;
  private static final short FLAGS = 20;
  private static final short META = 21;
  private static final short WIPING = 0x01;
  private static final short EXHAUSTED = 0x02;

  private static final short DEFAULT_HEADERS = 252;
  private static final short MOST_HEADERS = 1638;
  private static final short DEFAULT_PEERS = 64;
  private static final short FEWEST_PEERS = 16;
  private static final short MOST_PEERS = 255;
  private static final short DEFAULT_BLOCKS = 428;
  private static final short FEWEST_BLOCKS = 16;
  private static final short MOST_BLOCKS = 4096;
  /** Of RandomData since Java Card 3.0.5; numbers, since older cards lack the names. */
  private static final byte ALG_TRNG = 3;
  private static final byte ALG_KEYGENERATION = 6;

  final Ram ram;
  final Secrets secrets;
  final Headers headers;
  final Peers peers;
  final Heap heap;
  final Syncs syncs;
  final Crc16 crc16;
  final byte[] labels;
  final byte[] meta;
  private final RandomData random;

  /** All that is ever allocated is allocated here. */
  Card(byte[] source, short offset) {
    short blocks = number(source, offset, InstallData.BLOCKS, DEFAULT_BLOCKS, FEWEST_BLOCKS, MOST_BLOCKS);
    ram = new Ram(blocks);
    secrets = new Secrets(ram, source, offset);
    headers =
        new Headers(ram, number(source, offset, InstallData.HEADERS, DEFAULT_HEADERS, (short) 1, MOST_HEADERS));
    peers =
        new Peers(ram, number(source, offset, InstallData.PEERS, DEFAULT_PEERS, FEWEST_PEERS, MOST_PEERS));
    heap = new Heap(ram, blocks);
    syncs = new Syncs(ram);
    crc16 = new Crc16();
    labels = new byte[(short) (DATABASES * LABEL)];
    meta = new byte[META];
    random = secureRandom();
    random.generateData(meta, UUID, (short) 16);
    short first = InstallData.find(source, offset, InstallData.FIRST_CSN);
    if (first >= 0) Util.arrayCopyNonAtomic(source, first, meta, CSN_FLOOR, (short) 4);
  }

  private static short number(
      byte[] source, short offset, byte tag, short byDefault, short least, short most) {
    return InstallData.number(source, offset, tag, byDefault, least, most);
  }

  /** Objects that could be foretold would not show that a card was rolled back: a generator that is not secure will not do. */
  private static RandomData secureRandom() {
    RandomData found = tryRandom(RandomData.ALG_SECURE_RANDOM);
    if (found == null) found = tryRandom(ALG_TRNG);
    if (found == null) found = tryRandom(ALG_KEYGENERATION);
    if (found == null) ISOException.throwIt(ISO7816.SW_FUNC_NOT_SUPPORTED);
    return found;
  }

  private static RandomData tryRandom(byte algorithm) {
    try {
      return RandomData.getInstance(algorithm);
    } catch (CryptoException unsupported) {
      return null;
    }
  }

  void draw(byte[] to, short at, short length) {
    random.generateData(to, at, length);
  }

  /** At the first use after a reset: goes on with what was torn, finds the free blocks and the counter. */
  void load() {
    if (ram.is(Ram.LOADED)) return;
    if ((meta[FLAGS] & WIPING) != 0) erase();
    findBlocks();
    findCsn();
    ram.set(Ram.LOADED, true);
    if (isExhausted()) forgetEverybody();
  }

  boolean isExhausted() {
    return (meta[FLAGS] & EXHAUSTED) != 0;
  }

  /** The CSN that the change under way will have, at {@link Ram#NEXT_CSN}. Refuses where the counter is used up. */
  void prepareCsn() {
    byte[] bytes = ram.bytes;
    Util.arrayCopyNonAtomic(bytes, Ram.CSN, bytes, Ram.NEXT_CSN, (short) 4);
    boolean hasCarry = true;
    for (short at = (short) (Ram.NEXT_CSN + 3); hasCarry && at >= Ram.NEXT_CSN; at--) {
      bytes[at]++;
      hasCarry = bytes[at] == 0;
    }
    boolean isSpent = U.isAll(bytes, Ram.NEXT_CSN, (short) 3, (byte) 0xFF);
    if (isSpent && !isExhausted()) exhaust();
    expectChangeable();
  }

  /** The prepared CSN stands in a header now. */
  void spendCsn() {
    Util.arrayCopyNonAtomic(ram.bytes, Ram.NEXT_CSN, ram.bytes, Ram.CSN, (short) 4);
  }

  void expectChangeable() {
    if (isExhausted()) ISOException.throwIt(Sw.FULL);
  }

  /** Everything goes but PIN and PUK: marked first, then erased, so that a card torn in between goes on at its next use. */
  void wipe() {
    byte[] scratch = ram.scratch;
    syncs.closeAll();
    draw(scratch, UUID, (short) 16);
    Util.arrayFillNonAtomic(scratch, CSN_FLOOR, (short) 4, (byte) 0);
    scratch[FLAGS] = (byte) WIPING;
    Util.arrayCopy(scratch, (short) 0, meta, (short) 0, META);
    erase();
    findBlocks();
    findCsn();
  }

  private void erase() {
    Util.arrayFillNonAtomic(labels, (short) 0, (short) labels.length, (byte) 0);
    headers.erase();
    peers.erase();
    heap.erase();
    setFlags((byte) (meta[FLAGS] & ~WIPING));
  }

  private void setFlags(byte flags) {
    ram.scratch[0] = flags;
    Util.arrayCopy(ram.scratch, (short) 0, meta, FLAGS, (short) 1);
  }

  private void findBlocks() {
    draw(ram.scratch, (short) 0, (short) 2);
    heap.forgetAll(Util.getShort(ram.scratch, (short) 0));
    for (short index = 0; index < headers.count; index++) {
      if (headers.isLive(index)) {
        heap.mark(headers.first(index), U.blocksFor(headers.length(index)), true);
      }
    }
  }

  /** The highest number that is written down anywhere. */
  private void findCsn() {
    Util.arrayCopyNonAtomic(meta, CSN_FLOOR, ram.bytes, Ram.CSN, (short) 4);
    for (short index = 0; index < headers.count; index++) {
      raiseCsn(headers.bytes, (short) (Headers.at(index) + Headers.MOD_CSN));
    }
    for (short slot = 1; slot <= peers.count; slot++) {
      if (!peers.has(slot, Peers.USED)) continue;
      short at = Peers.at(slot);
      raiseCsn(peers.bytes, (short) (at + Peers.BORN));
      if (peers.has(slot, Peers.HAS_CURRENT)) raiseGeneration((short) (at + Peers.CURRENT));
      if (peers.has(slot, Peers.HAS_PREVIOUS)) raiseGeneration((short) (at + Peers.PREVIOUS));
      if (peers.has(slot, Peers.HAS_PENDING)) raiseCsn(peers.bytes, (short) (at + Peers.PENDING_SNAP));
    }
  }

  private void raiseGeneration(short at) {
    raiseCsn(peers.bytes, (short) (at + Peers.SEEN));
    raiseCsn(peers.bytes, (short) (at + Peers.OWN));
  }

  private void raiseCsn(byte[] bytes, short at) {
    if (U.isLess4(ram.bytes, Ram.CSN, bytes, at)) {
      Util.arrayCopyNonAtomic(bytes, at, ram.bytes, Ram.CSN, (short) 4);
    }
  }

  /** Ids are CSNs: there are none left. A new epoch makes every copy of the card's numbers worthless. */
  private void exhaust() {
    byte[] scratch = ram.scratch;
    Util.arrayCopyNonAtomic(meta, (short) 0, scratch, (short) 0, META);
    draw(scratch, EPOCH, (short) 8);
    scratch[FLAGS] = (byte) (scratch[FLAGS] | EXHAUSTED);
    Util.arrayCopy(scratch, (short) 0, meta, (short) 0, META);
    forgetEverybody();
  }

  private void forgetEverybody() {
    syncs.closeAll();
    for (short slot = 1; slot <= peers.count; slot++) if (peers.has(slot, Peers.USED)) peers.drop(slot);
    for (short index = 0; index < headers.count; index++) {
      if (!headers.isFree(index) && !headers.isLive(index)) headers.release(index);
    }
  }
}
