package cardsync.applet;

import javacard.framework.ISOException;
import javacard.framework.OwnerPIN;
import javacard.framework.Util;

/** PIN and PUK. The system's OwnerPIN counts a try before it compares; whether they were right is in our own RAM. */
final class Secrets {
  private static final byte PIN_TRIES = 3;
  private static final byte PUK_TRIES = 10;
  private static final short SHORTEST = 4;
  private static final short LONGEST = 16;
  private static final short REFERENCE_PIN = 0x81;
  private static final short REFERENCE_PUK = 0x82;
  private static final byte TAG_PROOF = (byte) 0x80;
  private static final byte TAG_FRESH = (byte) 0x81;
  private static final byte[] DEFAULT_PIN = {0x30, 0x30, 0x30, 0x30};
  private static final byte[] DEFAULT_PUK = {0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30};

  private final OwnerPIN pin = new OwnerPIN(PIN_TRIES, (byte) LONGEST);
  private final OwnerPIN puk = new OwnerPIN(PUK_TRIES, (byte) LONGEST);
  /** One byte: 1 while the PIN is the one that the card was shipped with. */
  private final byte[] transport = new byte[1];
  private final Ram ram;

  Secrets(Ram ram, byte[] source, short offset) {
    this.ram = ram;
    put(pin, source, InstallData.find(source, offset, InstallData.PIN), DEFAULT_PIN);
    put(puk, source, InstallData.find(source, offset, InstallData.PUK), DEFAULT_PUK);
    boolean isOwn =
        (InstallData.number(source, offset, InstallData.FLAGS, (short) 0, (short) 0, (short) 255) & 1) != 0;
    transport[0] = (byte) (isOwn ? 0 : 1);
  }

  private static void put(OwnerPIN secret, byte[] source, short at, byte[] byDefault) {
    if (at < 0) {
      secret.update(byDefault, (short) 0, (byte) byDefault.length);
      return;
    }
    byte length = source[(short) (at - 1)];
    expectLength(length);
    secret.update(source, at, length);
  }

  boolean isTransport() {
    return transport[0] != 0;
  }

  short pinTries() {
    return pin.getTriesRemaining();
  }

  short pukTries() {
    return puk.getTriesRemaining();
  }

  /** Data are the secret, or none to ask for the tries left. */
  void verify(short reference, byte[] buffer, short at, short length) {
    boolean isPin = isPin(reference);
    OwnerPIN secret = isPin ? pin : puk;
    if (length == 0) refuse(secret);
    expectLength(length);
    short flag = isPin ? Ram.PIN_VERIFIED : Ram.PUK_VERIFIED;
    ram.set(flag, false);
    expectRight(secret, buffer, at, length);
    ram.set(flag, true);
  }

  /** The old PIN opens the new one; it counts as verified then. */
  void change(short reference, byte[] buffer, short at, short length) {
    if (!isPin(reference)) {
      replacePuk(buffer, at, length);
      return;
    }
    replacePin(pin, buffer, at, length);
    ram.set(Ram.PIN_VERIFIED, true);
  }

  /** The PUK opens a new PIN or a new PUK. The PIN is to be verified again afterwards. */
  void unblock(short reference, byte[] buffer, short at, short length) {
    if (isPin(reference)) replacePin(puk, buffer, at, length);
    else replacePuk(buffer, at, length);
  }

  /** The transport state ends after the new PIN stands: cut in between, the card asks for another PIN once more. */
  private void replacePin(OwnerPIN opener, byte[] buffer, short at, short length) {
    expectPair(buffer, at, length);
    ram.set(Ram.PIN_VERIFIED, false);
    replace(opener, pin, buffer, at, length);
    if (!isTransport()) return;
    ram.scratch[0] = 0;
    Util.arrayCopy(ram.scratch, (short) 0, transport, (short) 0, (short) 1);
  }

  private void replacePuk(byte[] buffer, short at, short length) {
    expectPair(buffer, at, length);
    replace(puk, puk, buffer, at, length);
  }

  private static void replace(OwnerPIN opener, OwnerPIN target, byte[] buffer, short at, short length) {
    short proof = Tlv.find(buffer, at, length, TAG_PROOF);
    short fresh = Tlv.find(buffer, at, length, TAG_FRESH);
    expectRight(opener, buffer, Tlv.value(buffer, proof), Tlv.length(buffer, proof));
    target.update(buffer, Tlv.value(buffer, fresh), (byte) Tlv.length(buffer, fresh));
  }

  private static void expectPair(byte[] buffer, short at, short length) {
    short proof = Tlv.find(buffer, at, length, TAG_PROOF);
    short fresh = Tlv.find(buffer, at, length, TAG_FRESH);
    if (proof < 0 || fresh < 0) ISOException.throwIt(Sw.MALFORMED_DATA);
    expectLength(Tlv.length(buffer, proof));
    expectLength(Tlv.length(buffer, fresh));
  }

  private static void expectRight(OwnerPIN secret, byte[] buffer, short at, short length) {
    if (secret.getTriesRemaining() == 0) ISOException.throwIt(Sw.PIN_BLOCKED);
    if (secret.check(buffer, at, (byte) length)) return;
    ISOException.throwIt((short) (Sw.WRONG_PIN | secret.getTriesRemaining()));
  }

  private static void refuse(OwnerPIN secret) {
    short tries = secret.getTriesRemaining();
    ISOException.throwIt(tries == 0 ? Sw.PIN_BLOCKED : (short) (Sw.WRONG_PIN | tries));
  }

  private static boolean isPin(short reference) {
    if (reference != REFERENCE_PIN && reference != REFERENCE_PUK) {
      ISOException.throwIt(Sw.WRONG_PARAMETERS);
    }
    return reference == REFERENCE_PIN;
  }

  private static void expectLength(short length) {
    if (length < SHORTEST || length > LONGEST) ISOException.throwIt(Sw.WRONG_LENGTH);
  }
}
