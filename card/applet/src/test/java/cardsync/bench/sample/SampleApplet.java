package cardsync.bench.sample;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.OwnerPIN;
import javacard.framework.Util;

/** Writes in each of the ways in which an applet can write, so that the bench itself can be tested. */
public final class SampleApplet extends Applet {
  private static final byte WRITE = 0x01;
  private static final byte READ = 0x02;
  private static final byte WRITE_RAM = 0x03;
  private static final byte ALLOCATE = 0x04;
  private static final byte TRANSACT = 0x05;
  private static final byte CHECK_PIN = 0x06;
  private static final short SIZE = 16;

  private final byte[] store = new byte[SIZE];
  private final short[] counters = new short[1];
  private final byte[] ram = JCSystem.makeTransientByteArray((short) 1, JCSystem.CLEAR_ON_RESET);
  private final OwnerPIN pin = new OwnerPIN((byte) 3, (byte) 8);
  private short field;

  private SampleApplet(byte[] parameters, short offset, byte length) {
    pin.update(new byte[] {0x31, 0x32, 0x33, 0x34}, (short) 0, (byte) 4);
    register();
  }

  public static void install(byte[] parameters, short offset, byte length) {
    new SampleApplet(parameters, offset, length);
  }

  @Override
  public void process(APDU apdu) {
    if (selectingApplet()) return;
    byte[] buffer = apdu.getBuffer();
    switch (buffer[ISO7816.OFFSET_INS]) {
      case WRITE:
        write(buffer);
        return;
      case READ:
        read(apdu, buffer);
        return;
      case WRITE_RAM:
        ram[0] = buffer[ISO7816.OFFSET_P1];
        return;
      case ALLOCATE:
        ram[0] = (new byte[1])[0];
        return;
      case TRANSACT:
        JCSystem.beginTransaction();
        return;
      case CHECK_PIN:
        apdu.setIncomingAndReceive();
        boolean isRight = pin.check(buffer, ISO7816.OFFSET_CDATA, buffer[ISO7816.OFFSET_LC]);
        if (!isRight) ISOException.throwIt((short) (0x63C0 | pin.getTriesRemaining()));
        return;
      default:
        ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
    }
  }

  /** Seven writes: four bytes not atomically, four atomically, a byte, two fills, a counter, a field. */
  private void write(byte[] buffer) {
    Util.arrayCopyNonAtomic(buffer, (short) 0, store, (short) 0, (short) 4);
    Util.arrayCopy(buffer, (short) 0, store, (short) 4, (short) 4);
    store[8] = buffer[ISO7816.OFFSET_P1];
    Util.arrayFillNonAtomic(store, (short) 9, (short) 4, buffer[ISO7816.OFFSET_P1]);
    Util.setShort(store, (short) 13, (short) 0x0A0B);
    counters[0]++;
    field++;
  }

  private void read(APDU apdu, byte[] buffer) {
    Util.arrayCopyNonAtomic(store, (short) 0, buffer, (short) 0, SIZE);
    buffer[SIZE] = (byte) counters[0];
    buffer[(short) (SIZE + 1)] = (byte) field;
    buffer[(short) (SIZE + 2)] = ram[0];
    apdu.setOutgoingAndSend((short) 0, (short) (SIZE + 3));
  }
}
