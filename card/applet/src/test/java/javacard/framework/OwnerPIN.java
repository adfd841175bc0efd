package javacard.framework;

import cardsync.bench.Nvm;

/** As the specification has it, with each change of what outlives a reset as one atomic write that can be cut. */
public class OwnerPIN implements PIN {
  private final byte tryLimit;
  private final byte[] value;
  private final boolean[] isValidated;
  private byte length;
  private byte tries;

  public OwnerPIN(byte tryLimit, byte maxPINSize) {
    if (tryLimit < 1 || maxPINSize < 1) PINException.throwIt(PINException.ILLEGAL_VALUE);
    this.tryLimit = tryLimit;
    tries = tryLimit;
    value = new byte[maxPINSize];
    isValidated = JCSystem.makeTransientBooleanArray((short) 1, JCSystem.CLEAR_ON_RESET);
  }

  protected boolean getValidatedFlag() {
    return isValidated[0];
  }

  protected void setValidatedFlag(boolean flag) {
    isValidated[0] = flag;
  }

  @Override
  public byte getTriesRemaining() {
    return tries;
  }

  /** The try is counted before anything is compared. */
  @Override
  public boolean check(byte[] pin, short offset, byte size) {
    setValidatedFlag(false);
    if (tries == 0) return false;
    Nvm.change(() -> tries--);
    boolean isRight = size == length && Util.arrayCompare(pin, offset, value, (short) 0, size) == 0;
    if (!isRight) return false;
    Nvm.change(() -> tries = tryLimit);
    setValidatedFlag(true);
    return true;
  }

  @Override
  public boolean isValidated() {
    return getValidatedFlag();
  }

  @Override
  public void reset() {
    if (isValidated()) resetAndUnblock();
  }

  public void update(byte[] pin, short offset, byte size) {
    if (size > value.length) PINException.throwIt(PINException.ILLEGAL_VALUE);
    if (offset < 0 || offset + size > pin.length) throw new ArrayIndexOutOfBoundsException();
    Nvm.change(
        () -> {
          System.arraycopy(pin, offset, value, 0, size);
          length = size;
          tries = tryLimit;
        });
    setValidatedFlag(false);
  }

  public void resetAndUnblock() {
    Nvm.change(() -> tries = tryLimit);
    setValidatedFlag(false);
  }
}
