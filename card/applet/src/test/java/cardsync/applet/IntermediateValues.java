package cardsync.applet;

import java.util.List;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.BasicInterpreter;
import org.objectweb.asm.tree.analysis.BasicValue;

/**
 * Follows the values of a method as a converter does that has 16 bits to put them in: what may be wider than a short must
 * be cast to one before its upper bits could count. Source: Java Card VM specification 2.2.3.1, "unsupported int".
 */
final class IntermediateValues extends BasicInterpreter {
  /** May have more than 16 bits. */
  private static final BasicValue WIDE = new BasicValue(Type.INT_TYPE) {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return 1;
    }
  };

  IntermediateValues() {
    super(Opcodes.ASM7);
  }

  @Override
  public BasicValue newOperation(AbstractInsnNode node) throws AnalyzerException {
    boolean isNull = node.getOpcode() == Opcodes.ACONST_NULL;
    if (isNull) return BasicValue.REFERENCE_VALUE;
    if (node instanceof LdcInsnNode) throw refuse(node, "a constant that is no short");
    return super.newOperation(node);
  }

  @Override
  public BasicValue copyOperation(AbstractInsnNode node, BasicValue value) throws AnalyzerException {
    if (node.getOpcode() == Opcodes.ISTORE) expectShort(node, value);
    return value;
  }

  @Override
  public BasicValue unaryOperation(AbstractInsnNode node, BasicValue value) throws AnalyzerException {
    switch (node.getOpcode()) {
      case Opcodes.I2B:
      case Opcodes.I2S:
        return BasicValue.INT_VALUE;
      case Opcodes.INEG:
        return WIDE;
      case Opcodes.IINC:
        throw refuse(node, "an int counter");
      case Opcodes.NEWARRAY:
        expectShort(node, value);
        int type = ((IntInsnNode) node).operand;
        boolean isKnown = type == Opcodes.T_BYTE || type == Opcodes.T_SHORT || type == Opcodes.T_BOOLEAN;
        if (!isKnown) throw refuse(node, "an array of a type that cards lack");
        return BasicValue.REFERENCE_VALUE;
      default:
        expectShort(node, value);
        return super.unaryOperation(node, value);
    }
  }

  @Override
  public BasicValue binaryOperation(AbstractInsnNode node, BasicValue left, BasicValue right)
      throws AnalyzerException {
    switch (node.getOpcode()) {
      case Opcodes.IADD:
      case Opcodes.ISUB:
      case Opcodes.IMUL:
        return WIDE;
      case Opcodes.ISHL:
        expectShort(node, right);
        return WIDE;
      case Opcodes.IAND:
      case Opcodes.IOR:
      case Opcodes.IXOR:
        return left == WIDE ? left : right;
      case Opcodes.IDIV:
      case Opcodes.IUSHR:
        expectShort(node, left);
        expectShort(node, right);
        return WIDE;
      default:
        expectShort(node, left);
        expectShort(node, right);
        return super.binaryOperation(node, left, right);
    }
  }

  @Override
  public BasicValue ternaryOperation(
      AbstractInsnNode node, BasicValue array, BasicValue index, BasicValue value) throws AnalyzerException {
    expectShort(node, index);
    expectShort(node, value);
    return super.ternaryOperation(node, array, index, value);
  }

  @Override
  public BasicValue naryOperation(AbstractInsnNode node, List<? extends BasicValue> values)
      throws AnalyzerException {
    for (BasicValue value : values) expectShort(node, value);
    return super.naryOperation(node, values);
  }

  @Override
  public BasicValue merge(BasicValue one, BasicValue other) {
    boolean isWide = one == WIDE || other == WIDE;
    boolean areInts = Type.INT_TYPE.equals(one.getType()) && Type.INT_TYPE.equals(other.getType());
    return isWide && areInts ? WIDE : super.merge(one, other);
  }

  private static void expectShort(AbstractInsnNode node, BasicValue value) throws AnalyzerException {
    if (value == WIDE) throw refuse(node, "an intermediate value that must be cast to short");
  }

  private static AnalyzerException refuse(AbstractInsnNode node, String what) {
    return new AnalyzerException(node, what);
  }
}
