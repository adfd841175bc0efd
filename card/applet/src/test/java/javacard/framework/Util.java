package javacard.framework;

import cardsync.bench.Nvm;

/** Stands before jCardSim's on the class path: what is written into non-volatile memory is counted and can be cut. */
public class Util {
  Util() {}

  public static final short arrayCopy(byte[] src, short srcOff, byte[] dest, short destOff, short length) {
    Nvm.copyAtomic(src, srcOff, dest, destOff, length);
    return (short) (destOff + length);
  }

  public static final short arrayCopyNonAtomic(
      byte[] src, short srcOff, byte[] dest, short destOff, short length) {
    Nvm.copy(src, srcOff, dest, destOff, length);
    return (short) (destOff + length);
  }

  public static final short arrayFill(byte[] bArray, short bOff, short bLen, byte bValue) {
    Nvm.copyAtomic(filled(bLen, bValue), 0, bArray, bOff, bLen);
    return (short) (bOff + bLen);
  }

  public static final short arrayFillNonAtomic(byte[] bArray, short bOff, short bLen, byte bValue) {
    Nvm.copy(filled(bLen, bValue), 0, bArray, bOff, bLen);
    return (short) (bOff + bLen);
  }

  private static byte[] filled(short length, byte value) {
    if (length < 0) throw new ArrayIndexOutOfBoundsException();
    byte[] bytes = new byte[length];
    java.util.Arrays.fill(bytes, value);
    return bytes;
  }

  public static final byte arrayCompare(byte[] src, short srcOff, byte[] dest, short destOff, short length) {
    if (length < 0) throw new ArrayIndexOutOfBoundsException();
    for (int i = 0; i < length; i++) {
      byte left = src[srcOff + i];
      byte right = dest[destOff + i];
      if (left != right) return (byte) (left < right ? -1 : 1);
    }
    return 0;
  }

  public static final short makeShort(byte b1, byte b2) {
    return (short) ((b1 << 8) | (b2 & 0xff));
  }

  public static final short getShort(byte[] bArray, short bOff) {
    return makeShort(bArray[bOff], bArray[bOff + 1]);
  }

  public static final short setShort(byte[] bArray, short bOff, short sValue) {
    Nvm.copyAtomic(new byte[] {(byte) (sValue >> 8), (byte) sValue}, 0, bArray, bOff, 2);
    return (short) (bOff + 2);
  }
}
