package cardsync.applet;

import javacard.framework.Util;

/**
 * Blocks of 64 bytes, {@code next(2) payload(62)}, from 1, in arrays of 8192. What no live header reaches is free: which
 * those are is in RAM only and is found again by walking the chains. Next fit from a random start spreads the wear.
 */
final class Heap {
  static final short PAYLOAD = 62;
  static final short BLOCK = 64;
  private static final short BLOCKS_PER_ARRAY = 128;
  private static final short ARRAY_BITS = 7;
  private static final short BLOCK_BITS = 6;

  final short blocks;
  private final Object[] arrays;
  private final byte[] used;
  private final short[] words;

  Heap(Ram ram, short blocks) {
    this.blocks = blocks;
    used = ram.usedBlocks;
    words = ram.words;
    short count = (short) ((short) (blocks + BLOCKS_PER_ARRAY - 1) >> ARRAY_BITS);
    arrays = new Object[count];
    short left = blocks;
    for (short i = 0; i < count; i++) {
      short size = left < BLOCKS_PER_ARRAY ? left : BLOCKS_PER_ARRAY;
      arrays[i] = new byte[(short) (size << BLOCK_BITS)];
      left = (short) (left - size);
    }
  }

  /** Nothing is used yet; the search for free blocks begins at {@code start}, any number. */
  void forgetAll(short start) {
    Util.arrayFillNonAtomic(used, (short) 0, (short) used.length, (byte) 0);
    words[Ram.FREE_BLOCKS] = blocks;
    words[Ram.NEXT_TRY] = (short) (1 + (short) ((short) (start & 0x7FFF) % blocks));
  }

  /** Marks or unmarks the first so many blocks of a chain. */
  void mark(short first, short count, boolean isUsed) {
    short block = first;
    for (short i = 0; i < count; i++) {
      markOne(block, isUsed);
      block = next(block);
    }
  }

  /** @return a free block, marked as used; the caller has made sure that there is one */
  short allocate() {
    short block = words[Ram.NEXT_TRY];
    while (isUsed(block)) block = after(block);
    markOne(block, true);
    words[Ram.NEXT_TRY] = after(block);
    return block;
  }

  /** Writes {@code next} with the payload's first bytes, in one copy. @param at where the two bytes of next are, the payload behind them */
  void begin(short block, byte[] source, short at, short length) {
    short to = offset(block);
    Util.arrayCopyNonAtomic(source, at, array(block), to, (short) (2 + length));
  }

  /** Goes on in a block that has {@code filled} bytes already. */
  void append(short block, short filled, byte[] source, short at, short length) {
    short to = (short) ((short) (offset(block) + 2) + filled);
    Util.arrayCopyNonAtomic(source, at, array(block), to, length);
  }

  /** Copies {@code count} bytes of a content from {@code offset} (unsigned); both within its length. */
  void read(short first, short offset, byte[] to, short at, short count) {
    short block = first;
    for (short skipped = U.quotient(offset); skipped > 0; skipped--) block = next(block);
    short within = U.remainder(offset);
    while (count > 0) {
      short part = (short) (PAYLOAD - within);
      if (part > count) part = count;
      short from = (short) ((short) (offset(block) + 2) + within);
      Util.arrayCopyNonAtomic(array(block), from, to, at, part);
      at = (short) (at + part);
      count = (short) (count - part);
      within = 0;
      if (count > 0) block = next(block);
    }
  }

  void erase() {
    for (short i = 0; i < arrays.length; i++) {
      byte[] array = (byte[]) arrays[i];
      Util.arrayFillNonAtomic(array, (short) 0, (short) array.length, (byte) 0);
    }
  }

  private short next(short block) {
    return Util.getShort(array(block), offset(block));
  }

  private short after(short block) {
    return block == blocks ? 1 : (short) (block + 1);
  }

  private byte[] array(short block) {
    return (byte[]) arrays[(short) ((short) (block - 1) >> ARRAY_BITS)];
  }

  private static short offset(short block) {
    return (short) ((short) ((short) (block - 1) & (BLOCKS_PER_ARRAY - 1)) << BLOCK_BITS);
  }

  private boolean isUsed(short block) {
    return (used[(short) (block >> 3)] & bit(block)) != 0;
  }

  private void markOne(short block, boolean isUsed) {
    if (isUsed(block) == isUsed) return;
    short at = (short) (block >> 3);
    used[at] = (byte) (used[at] ^ bit(block));
    words[Ram.FREE_BLOCKS] = (short) (words[Ram.FREE_BLOCKS] + (isUsed ? -1 : 1));
  }

  private static short bit(short block) {
    return (short) (1 << (block & 7));
  }
}
