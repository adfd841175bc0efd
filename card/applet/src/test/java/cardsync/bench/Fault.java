package cardsync.bench;

/** The applet does what no card would let it do, or what ours must not. */
public final class Fault extends Error {
  private static final long serialVersionUID = 1L;
  private static String last;

  public Fault(String message) {
    super(message);
    last = message;
  }

  /** The runtime turns every throwable into a status word, so the last one is kept. @return null if there was none */
  static String takeLast() {
    String taken = last;
    last = null;
    return taken;
  }
}
