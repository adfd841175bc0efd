package cardsync.applet;

import static cardsync.applet.AppletClasses.PACKAGE;
import static cardsync.applet.AppletClasses.eachInstruction;
import static cardsync.applet.AppletClasses.eachMethod;
import static cardsync.applet.AppletClasses.nameOf;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.LocalVariableNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;

/**
 * The compiled applet keeps to what cards understand and to the rules of README.md: jCardSim would run anything. No
 * substitute for a converter and its verifier, but it finds what these refuse most.
 */
class SubsetTest {
  private static final short LONGEST_ATOMIC_COPY = 64;
  private static List<ClassNode> classes;

  @BeforeAll
  static void readClasses() throws IOException, URISyntaxException {
    classes = AppletClasses.read();
  }

  @Test
  void hasNoTypesThatCardsLack() {
    List<String> found = new ArrayList<>();
    for (ClassNode type : classes) {
      if (!type.interfaces.isEmpty() || type.outerClass != null) found.add(type.name);
      for (FieldNode field : type.fields) if (!isKnown(field.desc)) found.add(type.name + "." + field.name);
    }
    eachMethod(classes, (type, method) -> {
      for (Type part : Type.getArgumentTypes(method.desc)) {
        if (!isKnown(part.getDescriptor())) found.add(nameOf(type, method));
      }
      if (!isKnown(Type.getReturnType(method.desc).getDescriptor())) found.add(nameOf(type, method));
      for (LocalVariableNode local : method.localVariables) {
        if (!isKnown(local.desc)) found.add(nameOf(type, method) + " " + local.name);
      }
    });
    assertEquals(none(), found);
  }

  /** Short, byte, boolean, objects of ours or of the API, and arrays of one dimension. */
  private static boolean isKnown(String descriptor) {
    String element = descriptor.startsWith("[") ? descriptor.substring(1) : descriptor;
    boolean isObject =
        element.startsWith("Ljavacard/") || element.startsWith("L" + PACKAGE) || element.equals("Ljava/lang/Object;");
    return isObject || element.matches("[SBZV]");
  }

  @Test
  void computesInShorts() {
    List<String> found = new ArrayList<>();
    eachMethod(classes, (type, method) -> {
      if (!computesInShorts(type, method)) found.add(nameOf(type, method));
    });
    assertEquals(none(), found);
  }

  @Test
  void wouldFindWhatIsWider() throws IOException {
    ClassNode unfit = new ClassNode();
    new ClassReader(Unfit.class.getName()).accept(unfit, 0);
    for (MethodNode method : unfit.methods) {
      boolean isConstructor = method.name.equals("<init>");
      assertEquals(isConstructor, computesInShorts(unfit, method), method.name);
    }
  }

  private static boolean computesInShorts(ClassNode type, MethodNode method) {
    try {
      new Analyzer<>(new IntermediateValues()).analyze(type.name, method);
      return true;
    } catch (AnalyzerException refused) {
      return false;
    }
  }

  @Test
  void allocatesAndSetsFieldsInConstructorsOnly() {
    List<String> found = new ArrayList<>();
    eachInstruction(classes, (type, method, node) -> {
      boolean isInstall = method.name.matches("<init>|<clinit>|install");
      switch (node.getOpcode()) {
        case Opcodes.NEW:
        case Opcodes.NEWARRAY:
        case Opcodes.ANEWARRAY:
        case Opcodes.MULTIANEWARRAY:
        case Opcodes.PUTFIELD:
        case Opcodes.PUTSTATIC:
          if (!isInstall) found.add(nameOf(type, method));
          break;
        default:
      }
    });
    assertEquals(none(), found);
  }

  @Test
  void hasNoStaticsButConstants() {
    List<String> found = new ArrayList<>();
    for (ClassNode type : classes) {
      for (FieldNode field : type.fields) {
        boolean isVariable = (field.access & Opcodes.ACC_STATIC) != 0 && (field.access & Opcodes.ACC_FINAL) == 0;
        if (isVariable) found.add(type.name + "." + field.name);
      }
    }
    eachInstruction(classes, (type, method, node) -> {
      boolean isInitialiser = method.name.equals("<clinit>");
      boolean isObject = node.getOpcode() == Opcodes.NEW || node instanceof MethodInsnNode;
      if (isInitialiser && isObject) found.add(nameOf(type, method));
    });
    assertEquals(none(), found);
  }

  @Test
  void copiesAtOnceNoMoreThanAnyCardCan() {
    List<String> found = new ArrayList<>();
    eachInstruction(classes, (type, method, node) -> {
      if (!(node instanceof MethodInsnNode)) return;
      MethodInsnNode call = (MethodInsnNode) node;
      if (call.name.endsWith("Transaction") || call.name.equals("arrayFill")) found.add(nameOf(type, method));
      AbstractInsnNode length = call.getPrevious();
      boolean isLong = length instanceof IntInsnNode && ((IntInsnNode) length).operand > LONGEST_ATOMIC_COPY;
      if (call.name.equals("arrayCopy") && isLong) found.add(nameOf(type, method));
    });
    assertEquals(none(), found);
  }

  /** Methods, and fields that are no constants; all of them are in Java Card 2.2.2 already. */
  @Test
  void usesThesePartsOfTheApi() {
    TreeSet<String> used = new TreeSet<>();
    eachInstruction(classes, (type, method, node) -> {
      if (node instanceof MethodInsnNode) {
        MethodInsnNode call = (MethodInsnNode) node;
        if (!call.owner.startsWith(PACKAGE)) used.add(call.owner + "." + call.name);
      } else if (node instanceof FieldInsnNode) {
        FieldInsnNode field = (FieldInsnNode) node;
        if (!field.owner.startsWith(PACKAGE)) used.add(field.owner + "." + field.name);
      }
    });
    String[] known = {
      "java/lang/Object.<init>",
      "javacard/framework/APDU.getBuffer",
      "javacard/framework/APDU.getIncomingLength",
      "javacard/framework/APDU.getProtocol",
      "javacard/framework/APDU.receiveBytes",
      "javacard/framework/APDU.sendBytes",
      "javacard/framework/APDU.setIncomingAndReceive",
      "javacard/framework/APDU.setOutgoing",
      "javacard/framework/APDU.setOutgoingLength",
      "javacard/framework/Applet.<init>",
      "javacard/framework/ISOException.throwIt",
      "javacard/framework/JCSystem.makeTransientByteArray",
      "javacard/framework/JCSystem.makeTransientShortArray",
      "javacard/framework/OwnerPIN.<init>",
      "javacard/framework/OwnerPIN.check",
      "javacard/framework/OwnerPIN.getTriesRemaining",
      "javacard/framework/OwnerPIN.update",
      "javacard/framework/Util.arrayCompare",
      "javacard/framework/Util.arrayCopy",
      "javacard/framework/Util.arrayCopyNonAtomic",
      "javacard/framework/Util.arrayFillNonAtomic",
      "javacard/framework/Util.getShort",
      "javacard/framework/Util.setShort",
      "javacard/security/RandomData.generateData",
      "javacard/security/RandomData.getInstance"
    };
    assertEquals(new TreeSet<>(Arrays.asList(known)), used);
  }

  private static List<String> none() {
    return new ArrayList<>();
  }
}
