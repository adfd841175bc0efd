package cardsync.bench;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The non-volatile memory of the card on the bench: all arrays and fields that the applet's own code makes. Each write
 * into it goes through here, is counted, and may be the one at which power goes.
 */
public final class Nvm {
  /** Where power goes at the chosen write. Inside an atomic write is before it: such a write is all or nothing. */
  public static final int BEFORE = 0;
  public static final int INSIDE = 1;
  public static final int AFTER = 2;

  private static final Map<Object, int[]> persistent = new IdentityHashMap<>();
  private static long writes;
  private static long bytes;
  private static long transientBytes;
  private static long cutAt = -1;
  private static int cutWhere;
  private static boolean hasPower = true;
  private static boolean mayAllocate = true;

  private Nvm() {}

  /** Forgets the card: what is allocated from now on is another one. */
  static void begin() {
    persistent.clear();
    writes = 0;
    bytes = 0;
    transientBytes = 0;
    hasPower = true;
    cutAt = -1;
    mayAllocate = true;
  }

  /** From here on the applet must do with what it has. */
  static void endInstall() {
    mayAllocate = false;
  }

  /** Power goes once, at the n-th write from now, 0 being the next one. */
  static void cutAt(long n, int where) {
    cutAt = writes + n;
    cutWhere = where;
  }

  static void neverCut() {
    cutAt = -1;
  }

  static void powerOn() {
    hasPower = true;
  }

  static boolean hasPower() {
    return hasPower;
  }

  static long writes() {
    return writes;
  }

  /** All bytes of the arrays that outlive a reset. */
  static long persistentBytes() {
    return bytes;
  }

  /** All bytes of the arrays that are cleared by a reset or when the applet is left. */
  static long transientBytes() {
    return transientBytes;
  }

  /** The highest number of writes to one cell. */
  static long wear() {
    long most = 0;
    for (int[] cells : persistent.values()) for (int count : cells) most = Math.max(most, count);
    return most;
  }

  /** Called by instrumented code before anything is allocated. */
  public static void allocating() {
    if (!mayAllocate) throw new Fault("allocated after install");
  }

  /** Called before each array in RAM. */
  public static void allocatingTransient(int length) {
    allocating();
    transientBytes += length;
  }

  /** Called by instrumented code with each array that it has made. */
  public static void allocated(Object array) {
    allocating();
    int length = java.lang.reflect.Array.getLength(array);
    persistent.put(array, new int[length]);
    bytes += (long) length * widthOf(array);
  }

  private static int widthOf(Object array) {
    if (array instanceof byte[] || array instanceof boolean[]) return 1;
    return array instanceof short[] ? 2 : 4;
  }

  /** Stands for {@code array[at] = value} of a byte or boolean array. */
  public static void store(Object array, int at, int value) {
    if (array instanceof boolean[]) {
      boolean[] flags = (boolean[]) array;
      write(array, at, 1, () -> flags[at] = (value & 1) != 0);
    } else {
      byte[] target = (byte[]) array;
      write(array, at, 1, () -> target[at] = (byte) value);
    }
  }

  /** Stands for {@code array[at] = value} of a short array. */
  public static void storeShort(short[] array, int at, int value) {
    write(array, at, 1, () -> array[at] = (short) value);
  }

  /** Stands for {@code array[at] = value} of an array of references. */
  public static void storeReference(Object[] array, int at, Object value) {
    write(array, at, 1, () -> array[at] = value);
  }

  /** Called by instrumented code before it sets a field; objects are persistent. */
  public static void beforeField() {
    expectPower();
    if (isCut() && cutWhere != AFTER) fail();
  }

  /** Called by instrumented code after it has set a field. */
  public static void afterField() {
    boolean isCut = isCut();
    writes++;
    if (isCut) fail();
  }

  /** A copy that is done as a whole or not at all. */
  public static void copyAtomic(byte[] from, int fromAt, byte[] to, int at, int length) {
    check(from, fromAt, length);
    check(to, at, length);
    write(to, at, length, () -> System.arraycopy(from, fromAt, to, at, length));
  }

  /** A copy of which a power cut may leave the first half. */
  public static void copy(byte[] from, int fromAt, byte[] to, int at, int length) {
    check(from, fromAt, length);
    check(to, at, length);
    if (persistent.containsKey(to) && isCut() && cutWhere == INSIDE) {
      expectPower();
      System.arraycopy(from, fromAt, to, at, length / 2);
      fail();
    }
    write(to, at, length, () -> System.arraycopy(from, fromAt, to, at, length));
  }

  /** A change that is no array of the applet, such as a PIN's counter: atomic. */
  public static void change(Runnable change) {
    beforeField();
    change.run();
    afterField();
  }

  private static void write(Object array, int at, int length, Runnable change) {
    int[] cells = persistent.get(array);
    if (cells == null) {
      change.run();
      return;
    }
    if (length == 0) return;
    beforeField();
    change.run();
    for (int cell = at; cell < at + length; cell++) cells[cell]++;
    afterField();
  }

  /** As the card does: an index out of bounds changes nothing. */
  private static void check(byte[] array, int at, int length) {
    if (at < 0 || length < 0 || at + length > array.length) throw new ArrayIndexOutOfBoundsException();
  }

  private static boolean isCut() {
    return cutAt == writes;
  }

  private static void fail() {
    hasPower = false;
    cutAt = -1;
    throw new PowerCut();
  }

  private static void expectPower() {
    if (!hasPower) throw new PowerCut();
  }
}
