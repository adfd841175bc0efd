package cardsync.bench;

/** Power is gone. An Error, so that no applet catches it. */
public final class PowerCut extends Error {
  private static final long serialVersionUID = 1L;
}
