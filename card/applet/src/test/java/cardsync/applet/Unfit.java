package cardsync.applet;

/** What {@link SubsetTest} must find: each method here is one that no converter takes without `int`. */
final class Unfit {
  private Unfit() {}

  static boolean comparesSums(short a, short b) {
    return a + b > 0;
  }

  static short shiftsSums(short a, short b) {
    return (short) ((a + b) >> 1);
  }

  static byte readsBeyondSums(byte[] bytes, short a, short b) {
    return bytes[a + b];
  }

  static short dividesProducts(short a, short b) {
    return (short) (a * b / 2);
  }

  static short choosesSums(boolean isFirst, short a, short b) {
    return (short) ((isFirst ? a + b : a) % 7);
  }

  static short hasALongConstant(short a) {
    return (short) (a ^ 0x12345);
  }

  static void countsInInts(byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) bytes[i] = 0;
  }

  static Object makesCharacters() {
    return new char[1];
  }
}
