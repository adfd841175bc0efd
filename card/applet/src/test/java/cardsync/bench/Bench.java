package cardsync.bench;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;

/**
 * A card on the bench, driven over standard input and output. A request is {@code length(2) operation(1) payload}, its
 * answer {@code length(2) outcome(1) payload}: 0 done, 1 power was cut and the card waits for a reset, 2 the applet
 * did what it must not (text).
 */
public final class Bench {
  private static final int NEW_CARD = 'I';
  private static final int APDU = 'A';
  private static final int RESET = 'R';
  private static final int CUT = 'C';
  private static final int METERS = 'M';

  private static final int DONE = 0;
  private static final int POWER_CUT = 1;
  private static final int FAULT = 2;
  private static final byte[] NOTHING = {};

  private final String appletName;
  private BenchCard card;

  private Bench(String appletName) {
    this.appletName = appletName;
  }

  /** Argument: the name of the applet's class. */
  public static void main(String[] arguments) throws Exception {
    System.setProperty("com.licel.jcardsim.randomdata.secure", "1");
    DataOutputStream answers = new DataOutputStream(System.out);
    // Whatever the runtime prints must not come between two answers.
    System.setOut(new PrintStream(System.err, true));
    Bench bench = new Bench(arguments[0]);
    DataInputStream requests = new DataInputStream(System.in);
    try {
      for (; ; ) {
        byte[] request = new byte[requests.readUnsignedShort()];
        requests.readFully(request);
        bench.answer(request, answers);
      }
    } catch (EOFException end) {
      answers.flush();
    }
  }

  private void answer(byte[] request, DataOutputStream answers) throws IOException {
    byte[] payload = NOTHING;
    int outcome = DONE;
    try {
      payload = perform(request);
    } catch (Exception | Error failure) {
      Throwable cause = failure;
      while (cause.getCause() != null) cause = cause.getCause();
      outcome = FAULT;
      payload = cause.toString().getBytes("UTF-8");
    }
    String fault = Fault.takeLast();
    if (fault != null) {
      outcome = FAULT;
      payload = fault.getBytes("UTF-8");
    } else if (request[0] == APDU && !Nvm.hasPower()) {
      outcome = POWER_CUT;
      payload = NOTHING;
    }
    answers.writeShort(1 + payload.length);
    answers.writeByte(outcome);
    answers.write(payload);
    answers.flush();
  }

  private byte[] perform(byte[] request) throws ClassNotFoundException {
    switch (request[0]) {
      case NEW_CARD:
        return newCard(request);
      case APDU:
        return apdu(request);
      case RESET:
        Nvm.powerOn();
        card.reset();
        return NOTHING;
      case CUT:
        return cut(request);
      case METERS:
        return meters();
      default:
        throw new IllegalArgumentException("operation " + request[0]);
    }
  }

  /** The payload is what install() gets: LV of AID, control information and parameters. */
  private byte[] newCard(byte[] request) throws ClassNotFoundException {
    card = new BenchCard(appletName, java.util.Arrays.copyOfRange(request, 1, request.length));
    return NOTHING;
  }

  /** A card without power answers nothing; the outcome says so. */
  private byte[] apdu(byte[] request) {
    if (!Nvm.hasPower()) return NOTHING;
    return card.exchange(java.util.Arrays.copyOfRange(request, 1, request.length));
  }

  /** Payload {@code where(1) n(4)}, or none: no cut any more. */
  private static byte[] cut(byte[] request) {
    if (request.length == 1) Nvm.neverCut();
    else Nvm.cutAt(java.nio.ByteBuffer.wrap(request, 2, 4).getInt(), request[1]);
    return NOTHING;
  }

  /** {@code writes(4) highestWear(4) persistentBytes(4) transientBytes(4)} of this card. */
  private static byte[] meters() {
    return java.nio.ByteBuffer.allocate(16)
        .putInt((int) Nvm.writes())
        .putInt((int) Nvm.wear())
        .putInt((int) Nvm.persistentBytes())
        .putInt((int) Nvm.transientBytes())
        .array();
  }
}
