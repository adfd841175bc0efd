package cardsync.applet;

import static cardsync.applet.AppletClasses.eachMethod;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;

/** How deep the applet's calls go, whatever comes in: RAM that no array shows. */
class StackTest {
  /** As README.md says. */
  private static final int MOST_WORDS = 160;
  private static final int MOST_CALLS = 16;

  private final Map<String, MethodNode> methods = new HashMap<>();
  private final Deque<String> path = new ArrayDeque<>();

  @Test
  void needsLittleStackAndNeverRecurses() throws IOException, URISyntaxException {
    eachMethod(AppletClasses.read(), (type, method) -> methods.put(type.name + "." + method.name + method.desc, method));
    int[] deepest = measure("cardsync/applet/PimApplet.process(Ljavacard/framework/APDU;)V");
    assertTrue(deepest[0] <= MOST_WORDS, () -> deepest[0] + " words");
    assertTrue(deepest[1] <= MOST_CALLS, () -> deepest[1] + " calls");
  }

  /** @return words of 16 bits that locals and operands take at most, frames not counted; calls within each other */
  private int[] measure(String name) {
    MethodNode method = methods.get(name);
    if (method == null) return new int[] {0, 0};
    assertFalse(path.contains(name), () -> name + " calls itself");
    path.push(name);
    int[] deepest = {0, 0};
    for (AbstractInsnNode node : method.instructions.toArray()) {
      if (!(node instanceof MethodInsnNode)) continue;
      MethodInsnNode call = (MethodInsnNode) node;
      int[] within = measure(call.owner + "." + call.name + call.desc);
      deepest[0] = Math.max(deepest[0], within[0]);
      deepest[1] = Math.max(deepest[1], within[1]);
    }
    path.pop();
    return new int[] {method.maxLocals + method.maxStack + deepest[0], 1 + deepest[1]};
  }
}
