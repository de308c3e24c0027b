package busbar.api;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The argument of an ioctl at the ABI edge: a struct in memory, or an immediate value as a
 * zero-length segment at that address.
 *
 * <p>These are the copy-in and copy-out of a driver: every access is checked against the segment, a
 * struct that is shorter than needed is {@code EFAULT}.
 */
public final class Args {
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;

  private Args() {}

  /** The argument that carries a plain number, as {@code ioctl(fd, cmd, 3)} does. */
  public static MemorySegment immediate(long value) {
    return MemorySegment.ofAddress(value);
  }

  /** The number that the argument carries. */
  public static long immediate(MemorySegment argument) {
    return argument.address();
  }

  /**
   * The first {@code size} bytes of the argument, in place.
   *
   * @throws VfioException {@code EFAULT} if the memory there is shorter
   */
  public static MemorySegment struct(MemorySegment argument, long size) {
    if (argument.byteSize() < size) {
      throw Errno.EFAULT.because(
          "the argument at 0x%x has %d readable bytes, the call needs %d",
          argument.address(), argument.byteSize(), size);
    }
    return argument.byteSize() == size ? argument : argument.asSlice(0, size);
  }

  /**
   * The argument of a call whose struct starts with {@code argsz}: at least {@code minimum} bytes
   * must be there and {@code argsz} must say so.
   *
   * @return the whole argument
   * @throws VfioException {@code EFAULT} if the memory is shorter than {@code minimum}, {@code
   *     EINVAL} if {@code argsz} is
   */
  public static MemorySegment sized(MemorySegment argument, long minimum) {
    struct(argument, minimum);
    long argsz = argsz(argument);
    if (argsz < minimum) {
      throw Errno.EINVAL.because("argsz is %d, the call needs at least %d", argsz, minimum);
    }
    return argument;
  }

  /** The unsigned {@code argsz} at the start of the struct. */
  public static long argsz(MemorySegment argument) {
    return Integer.toUnsignedLong(argument.get(U32, 0));
  }

  /** Reads a 32-bit field of the argument, {@code EFAULT} if it lies beyond its memory. */
  public static int u32(MemorySegment argument, long offset) {
    return struct(argument, offset + 4).get(U32, offset);
  }

  /** Writes a 32-bit field of the argument, {@code EFAULT} if it lies beyond its memory. */
  public static void putU32(MemorySegment argument, long offset, int value) {
    struct(argument, offset + 4);
    if (argument.isReadOnly()) {
      throw Errno.EFAULT.because("the argument at 0x%x is read-only", argument.address());
    }
    argument.set(U32, offset, value);
  }

  /**
   * The copy-out of a struct: from its start, as far as the argument's memory reaches.
   *
   * @throws VfioException {@code EFAULT} if not all of it fits; what fits is written all the same,
   *     as the kernel does
   */
  public static void copyOut(MemorySegment argument, MemorySegment struct) {
    long fits = Math.min(argument.byteSize(), struct.byteSize());
    if (fits > 0 && !argument.isReadOnly()) {
      MemorySegment.copy(struct, 0, argument, 0, fits);
    }
    if (fits < struct.byteSize() || argument.isReadOnly()) {
      throw Errno.EFAULT.because(
          "the argument at 0x%x takes %d of %d bytes", argument.address(), fits, struct.byteSize());
    }
  }
}
