package cardsync.applet;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The applet answers test/vectors/apdu.json; what its patterns mean is said there. */
class VectorsTest {
  private static final Pattern KNOWN = Pattern.compile("\\{(\\w+)}");
  private static final Pattern NEW = Pattern.compile("\\{(\\w+):(\\d+)}");

  private static final class Vectors {
    Scenario[] scenarios;
  }

  private static final class Scenario {
    String name;
    Step[] steps;
  }

  private static final class Step {
    String send;
    String expect;
  }

  @TestFactory
  Stream<DynamicTest> answers() throws Exception {
    String json = new String(Files.readAllBytes(Paths.get(System.getProperty("vectors"))), "UTF-8");
    return Arrays.stream(new Gson().fromJson(json, Vectors.class).scenarios)
        .map(scenario -> DynamicTest.dynamicTest(scenario.name, () -> play(scenario)));
  }

  private static void play(Scenario scenario) throws Exception {
    TestCard card = TestCard.create("");
    Map<String, String> known = new HashMap<>();
    for (Step step : scenario.steps) {
      if (step.send == null) card.reset();
      else match(card.transmit(fill(step.send, known)), step.expect, known);
    }
  }

  private static String fill(String pattern, Map<String, String> known) {
    Matcher names = KNOWN.matcher(pattern);
    StringBuffer filled = new StringBuffer();
    while (names.find()) names.appendReplacement(filled, known.get(names.group(1)));
    return names.appendTail(filled).toString();
  }

  private static void match(String answer, String pattern, Map<String, String> known) {
    List<String> names = new ArrayList<>();
    Matcher fresh = NEW.matcher(fill(pattern, known));
    StringBuffer source = new StringBuffer();
    while (fresh.find()) {
      names.add(fresh.group(1));
      fresh.appendReplacement(source, "([0-9a-f]{" + 2 * Integer.parseInt(fresh.group(2)) + "})");
    }
    Matcher found = Pattern.compile(fresh.appendTail(source).toString()).matcher(answer);
    assertTrue(found.matches(), () -> answer + " is not " + pattern);
    for (int i = 0; i < names.size(); i++) known.put(names.get(i), found.group(i + 1));
  }
}
