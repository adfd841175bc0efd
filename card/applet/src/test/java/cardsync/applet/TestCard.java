package cardsync.applet;

import cardsync.bench.BenchCard;
import java.io.ByteArrayOutputStream;

/** The applet on the bench, asked and answering in hexadecimal. PIN 1234, PUK 12345678. */
final class TestCard {
  static final String AID = "f050494d44423101";
  private static final String SELECT = "00a4040008" + AID + "00";
  private static final String SECRETS = "8004313233348108313233343536373882";
  private static final String OWN_PIN = "0101";

  private final BenchCard bench;
  private boolean isSelected;

  private TestCard(BenchCard bench) {
    this.bench = bench;
  }

  /** @param sizes TLVs 83 to 86, or none */
  static TestCard create(String sizes) throws ClassNotFoundException {
    return install(SECRETS + OWN_PIN + sizes);
  }

  /** @param parameters as {@link InstallData} has them */
  static TestCard install(String parameters) throws ClassNotFoundException {
    String length = String.format("%02x", parameters.length() / 2);
    byte[] data = fromHex("08" + AID + "00" + length + parameters);
    return new TestCard(new BenchCard(PimApplet.class.getName(), data));
  }

  /** Selects the applet and verifies the PIN. */
  TestCard login() {
    expectDone(transmit(SELECT));
    expectDone(transmit("002000810431323334"));
    return this;
  }

  /**
   * While no applet is selected a card's own system answers, each maker's with its own status words: here they are those
   * of PROTOCOL.md. Bytes that are no command are refused before they come to a card.
   */
  String transmit(String command) {
    byte[] bytes = fromHex(command);
    if (!isCommand(bytes)) return "6700";
    String answer = toHex(bench.transmit(bytes));
    boolean isOk = answer.endsWith("9000");
    if (isOk && command.startsWith(SELECT.substring(0, SELECT.length() - 2))) isSelected = true;
    if (isSelected) return answer;
    if (isOk) throw new AssertionError("the card's system did something");
    return command.startsWith("00a40400") ? "6a82" : "6e00";
  }

  /** @return the data of an answer that ends in 9000 */
  String ask(String command) {
    String answer = transmit(command);
    expectDone(answer);
    return answer.substring(0, answer.length() - 4);
  }

  void reset() {
    isSelected = false;
    bench.reset();
  }

  BenchCard bench() {
    return bench;
  }

  private static void expectDone(String answer) {
    if (!answer.endsWith("9000")) throw new AssertionError("answered " + answer);
  }

  /** ISO 7816-4, cases 1 to 4 of short commands. */
  private static boolean isCommand(byte[] bytes) {
    if (bytes.length < 4) return false;
    if (bytes.length <= 5) return true;
    int length = bytes[4] & 0xff;
    return length > 0 && (bytes.length == 5 + length || bytes.length == 6 + length);
  }

  private static byte[] fromHex(String hex) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < hex.length(); i += 2) bytes.write(Integer.parseInt(hex.substring(i, i + 2), 16));
    return bytes.toByteArray();
  }

  private static String toHex(byte[] bytes) {
    StringBuilder hex = new StringBuilder();
    for (byte value : bytes) hex.append(String.format("%02x", value));
    return hex.toString();
  }
}
