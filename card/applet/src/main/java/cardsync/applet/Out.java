package cardsync.applet;

import javacard.framework.APDU;
import javacard.framework.ISOException;

/** Answers. They are put together from the beginning of the APDU buffer. */
final class Out {
  /** Data of one response, so that it fits one T=1 block. */
  static final short MOST = 248;

  private Out() {}

  /** Turns to sending. @return how many bytes a page may have */
  static short room(APDU apdu) {
    short le = apdu.setOutgoing();
    return le <= 0 || le > MOST ? MOST : le;
  }

  /** Sends an answer that is no page. */
  static void send(APDU apdu, short length) {
    short le = apdu.setOutgoing();
    if (le > 0 && le < length) ISOException.throwIt((short) (Sw.WRONG_LE | length));
    apdu.setOutgoingLength(length);
    apdu.sendBytes((short) 0, length);
  }

  /** Sends a page after {@link #room}. */
  static void sendPage(APDU apdu, short length, boolean isLast) {
    apdu.setOutgoingLength(length);
    apdu.sendBytes((short) 0, length);
    if (!isLast) ISOException.throwIt(Sw.MORE_DATA);
  }
}
