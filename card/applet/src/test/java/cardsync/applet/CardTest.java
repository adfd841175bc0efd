package cardsync.applet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the vectors do not show: memory, wear and randomness. */
class CardTest {
  private static final String IDENTITY = "00cadf2200";
  private static final String FREE_SPACE = "00cadf2000";
  private static final String START = "80120100080102030405060708" + "00";
  private static final String EVERYTHING = "0000000000000000";

  /** Fixed arrays: labels, checksums, constants. README.md, "Memory". */
  private static final int FIXED_BYTES = 737;
  private static final int REFERENCE = 4;

  @ParameterizedTest(name = "as large as a virtual card of {0} KB")
  @CsvSource({"36, 252, 64, 428, 244", "80, 560, 64, 1036, 320", "144, 1008, 64, 1920, 431"})
  void takesTheMemoryThatItsShapeNeeds(int kb, int headers, int peers, int blocks, int transientBytes)
      throws ClassNotFoundException {
    TestCard card = TestCard.create(String.format("8302%04x8401%02x8502%04x", headers, peers, blocks)).login();
    int arrays = REFERENCE * ((blocks + 127) / 128);
    int expected = 20 * headers + 60 * peers + 64 * blocks + arrays + FIXED_BYTES;
    assertEquals(expected, card.bench().persistentBytes());
    assertTrue(expected <= (kb + 1) * 1024);
    assertEquals(transientBytes, card.bench().transientBytes());
    assertTrue(transientBytes < 450);
    assertEquals(String.format("%04x40%04x", blocks, headers), card.ask(FREE_SPACE).substring(0, 10));
  }

  @Test
  void drawsAnotherIdentityAndAnotherObjectOnEachCard() throws ClassNotFoundException {
    TestCard first = TestCard.create("").login();
    String identity = first.ask(IDENTITY);
    String object = proposedOf(first.ask(START));
    assertNotEquals(object, proposedOf(first.ask(START)));
    TestCard second = TestCard.create("").login();
    assertNotEquals(identity, second.ask(IDENTITY));
    assertNotEquals(object, proposedOf(second.ask(START)));
  }

  private static String proposedOf(String started) {
    int at = started.indexOf("8108");
    return started.substring(at + 4, at + 20);
  }

  @Test
  void writesNothingForStartListAndRead() throws ClassNotFoundException {
    TestCard card = TestCard.create("").login();
    String id = card.ask("801801000a010007" + "41424344454647" + "00").substring(0, 8);
    long writes = card.bench().writes();
    card.ask(START);
    assertEquals("01" + id, card.ask("801401000a" + EVERYTHING + "0000" + "00").substring(4));
    assertEquals(id + "00000741424344454647", card.ask("80160100060000" + id + "00"));
    card.ask("80160101040000000000");
    card.ask(FREE_SPACE);
    card.ask("8010000000");
    assertEquals(writes, card.bench().writes());
  }

  @Test
  void writesACreateAsItsBlockAndItsHeader() throws ClassNotFoundException {
    TestCard card = TestCard.create("").login();
    long writes = card.bench().writes();
    card.ask("801801000a010007" + "41424344454647" + "00");
    assertEquals(writes + 2, card.bench().writes());
  }

  @Test
  void comesWithATransportPin() throws ClassNotFoundException {
    TestCard card = TestCard.install("");
    card.ask("00a4040008" + TestCard.AID + "00");
    card.ask("002000810430303030");
    assertEquals("6984", card.transmit("801801000a010007" + "41424344454647" + "00"));
    card.ask("002400810c800430303030810431323334");
    assertEquals(12, card.ask("801801000a010007" + "41424344454647" + "00").length());
  }

  @Test
  void takesTheParametersOfTheReadme() throws ClassNotFoundException {
    TestCard card = TestCard.install("81083837363534333231" + "830203f0" + "840140" + "85020780");
    card.ask("00a4040008" + TestCard.AID + "00");
    card.ask("002c00811080083837363534333231810431323334");
    card.ask("002000810431323334");
    assertEquals("07804003f0", card.ask(FREE_SPACE).substring(0, 10));
  }
}
