package javacard.framework;

import cardsync.bench.Fault;
import cardsync.bench.Nvm;
import com.licel.jcardsim.base.SimulatorRuntime;
import com.licel.jcardsim.base.SimulatorSystem;

/** Stands before jCardSim's on the class path: sums the transient memory, and has no transactions, since none are rolled back there. */
public final class JCSystem {
  public static final byte MEMORY_TYPE_PERSISTENT = 0;
  public static final byte MEMORY_TYPE_TRANSIENT_RESET = 1;
  public static final byte MEMORY_TYPE_TRANSIENT_DESELECT = 2;
  public static final byte ARRAY_TYPE_BOOLEAN = 1;
  public static final byte ARRAY_TYPE_BYTE = 2;
  public static final byte ARRAY_TYPE_SHORT = 3;
  public static final byte ARRAY_TYPE_INT = 4;
  public static final byte ARRAY_TYPE_OBJECT = 5;
  public static final byte NOT_A_TRANSIENT_OBJECT = 0;
  public static final byte CLEAR_ON_RESET = 1;
  public static final byte CLEAR_ON_DESELECT = 2;
  private static final short VERSION_3_0_5 = 0x0305;

  JCSystem() {}

  private static SimulatorRuntime runtime() {
    return SimulatorSystem.instance();
  }

  public static byte isTransient(Object theObj) {
    return runtime().getTransientMemory().isTransient(theObj);
  }

  public static boolean[] makeTransientBooleanArray(short length, byte event) {
    Nvm.allocatingTransient(length);
    return runtime().getTransientMemory().makeBooleanArray(length, event);
  }

  public static byte[] makeTransientByteArray(short length, byte event) {
    Nvm.allocatingTransient(length);
    return runtime().getTransientMemory().makeByteArray(length, event);
  }

  public static short[] makeTransientShortArray(short length, byte event) {
    Nvm.allocatingTransient(2 * length);
    return runtime().getTransientMemory().makeShortArray(length, event);
  }

  public static Object[] makeTransientObjectArray(short length, byte event) {
    Nvm.allocatingTransient(2 * length);
    return runtime().getTransientMemory().makeObjectArray(length, event);
  }

  public static Object makeGlobalArray(byte type, short length) {
    return runtime().getTransientMemory().makeGlobalArray(type, length);
  }

  public static short getVersion() {
    return VERSION_3_0_5;
  }

  public static AID getAID() {
    return runtime().getAID();
  }

  public static AID lookupAID(byte[] buffer, short offset, byte length) {
    return runtime().lookupAID(buffer, offset, length);
  }

  public static void beginTransaction() {
    throw new Fault("began a transaction");
  }

  public static void abortTransaction() {
    throw new Fault("aborted a transaction");
  }

  public static void commitTransaction() {
    throw new Fault("committed a transaction");
  }

  public static byte getTransactionDepth() {
    return 0;
  }

  public static short getUnusedCommitCapacity() {
    return 0;
  }

  public static short getMaxCommitCapacity() {
    return 0;
  }

  public static AID getPreviousContextAID() {
    return runtime().getPreviousContextAID();
  }

  public static short getAvailableMemory(byte memoryType) {
    switch (memoryType) {
      case MEMORY_TYPE_PERSISTENT:
        return runtime().getAvailablePersistentMemory();
      case MEMORY_TYPE_TRANSIENT_RESET:
        return runtime().getAvailableTransientResetMemory();
      case MEMORY_TYPE_TRANSIENT_DESELECT:
        return runtime().getAvailableTransientDeselectMemory();
      default:
        SystemException.throwIt(SystemException.ILLEGAL_VALUE);
        return 0;
    }
  }

  public static Shareable getAppletShareableInterfaceObject(AID serverAID, byte parameter) {
    return runtime().getSharedObject(serverAID, parameter);
  }

  public static boolean isObjectDeletionSupported() {
    return runtime().isObjectDeletionSupported();
  }

  public static void requestObjectDeletion() {
    throw new Fault("asked for object deletion");
  }

  public static byte getAssignedChannel() {
    return 0;
  }

  public static boolean isAppletActive(AID theApplet) {
    return theApplet == getAID();
  }
}
