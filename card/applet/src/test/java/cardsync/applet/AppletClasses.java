package cardsync.applet;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

/** The applet's class files, taken apart. */
final class AppletClasses {
  static final String PACKAGE = "cardsync/applet/";

  private AppletClasses() {}

  interface MethodVisit {
    void see(ClassNode type, MethodNode method);
  }

  interface InstructionVisit {
    void see(ClassNode type, MethodNode method, AbstractInsnNode node);
  }

  /** @return never empty */
  static List<ClassNode> read() throws IOException, URISyntaxException {
    Path applet = Paths.get(PimApplet.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<ClassNode> classes = new ArrayList<>();
    try (Stream<Path> files = Files.list(applet.resolve(PACKAGE))) {
      for (Path file : files.collect(Collectors.toList())) {
        ClassNode read = new ClassNode();
        new ClassReader(Files.readAllBytes(file)).accept(read, 0);
        classes.add(read);
      }
    }
    if (classes.isEmpty()) throw new IOException("no classes in " + applet);
    return classes;
  }

  static void eachMethod(List<ClassNode> classes, MethodVisit visit) {
    for (ClassNode type : classes) for (MethodNode method : type.methods) visit.see(type, method);
  }

  static void eachInstruction(List<ClassNode> classes, InstructionVisit visit) {
    eachMethod(classes, (type, method) -> {
      for (AbstractInsnNode node : method.instructions.toArray()) visit.see(type, method, node);
    });
  }

  static String nameOf(ClassNode type, MethodNode method) {
    return type.name.substring(PACKAGE.length()) + "." + method.name;
  }
}
