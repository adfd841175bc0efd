package cardsync.bench;

import java.io.IOException;
import java.io.InputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Loads the classes of one package so that each of their writes and allocations goes through {@link Nvm}. */
final class AppletLoader extends ClassLoader {
  private static final String NVM = "cardsync/bench/Nvm";
  private final String prefix;

  AppletLoader(String packageName) {
    super(AppletLoader.class.getClassLoader());
    prefix = packageName + ".";
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(prefix)) return super.loadClass(name, resolve);
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known != null ? known : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (file == null) throw new ClassNotFoundException(name);
      ClassReader reader = new ClassReader(file);
      ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
      reader.accept(new Instrumenter(writer), 0);
      byte[] bytes = writer.toByteArray();
      return defineClass(name, bytes, 0, bytes.length);
    } catch (IOException failure) {
      throw new ClassNotFoundException(name, failure);
    }
  }

  private static final class Instrumenter extends ClassVisitor {
    Instrumenter(ClassVisitor next) {
      super(Opcodes.ASM7, next);
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      return new Writes(super.visitMethod(access, name, descriptor, signature, exceptions));
    }
  }

  /** Adds no branch, so stack maps stay as they are. */
  private static final class Writes extends MethodVisitor {
    Writes(MethodVisitor next) {
      super(Opcodes.ASM7, next);
    }

    @Override
    public void visitInsn(int opcode) {
      if (opcode == Opcodes.BASTORE) call("store", "(Ljava/lang/Object;II)V");
      else if (opcode == Opcodes.SASTORE) call("storeShort", "([SII)V");
      else if (opcode == Opcodes.AASTORE) {
        call("storeReference", "([Ljava/lang/Object;ILjava/lang/Object;)V");
      } else super.visitInsn(opcode);
    }

    @Override
    public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
      boolean isWrite = opcode == Opcodes.PUTFIELD || opcode == Opcodes.PUTSTATIC;
      if (isWrite) call("beforeField", "()V");
      super.visitFieldInsn(opcode, owner, name, descriptor);
      if (isWrite) call("afterField", "()V");
    }

    @Override
    public void visitIntInsn(int opcode, int operand) {
      super.visitIntInsn(opcode, operand);
      if (opcode == Opcodes.NEWARRAY) tellAllocated();
    }

    @Override
    public void visitTypeInsn(int opcode, String type) {
      if (opcode == Opcodes.NEW) call("allocating", "()V");
      super.visitTypeInsn(opcode, type);
      if (opcode == Opcodes.ANEWARRAY) tellAllocated();
    }

    private void tellAllocated() {
      super.visitInsn(Opcodes.DUP);
      call("allocated", "(Ljava/lang/Object;)V");
    }

    private void call(String method, String descriptor) {
      super.visitMethodInsn(Opcodes.INVOKESTATIC, NVM, method, descriptor, false);
    }
  }
}
