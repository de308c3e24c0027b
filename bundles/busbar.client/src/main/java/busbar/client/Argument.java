package busbar.client;

import busbar.uapi.CapabilityChain;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Structs for ioctls: zeroed memory that starts with its own size. */
final class Argument {
  private Argument() {}

  /** A struct of {@code size} bytes whose {@code argsz} says so. */
  static MemorySegment of(long size) {
    MemorySegment argument = MemorySegment.ofArray(new byte[Math.toIntExact(size)]);
    argument.set(ValueLayout.JAVA_INT_UNALIGNED, 0, (int) size);
    return argument;
  }

  /**
   * What an info call returned, asked again with more room if the first answer says that it needs
   * it.
   */
  interface Call {
    void ioctl(MemorySegment argument);
  }

  /**
   * An info call with a capability chain.
   *
   * @param prepare fills what goes in, each time
   */
  static MemorySegment info(long size, Call prepare, Call call) {
    MemorySegment argument = of(size);
    prepare.ioctl(argument);
    call.ioctl(argument);
    long needed = Integer.toUnsignedLong(argument.get(ValueLayout.JAVA_INT_UNALIGNED, 0));
    if (needed <= size) {
      return argument;
    }
    MemorySegment larger = of(needed);
    prepare.ioctl(larger);
    call.ioctl(larger);
    return larger;
  }

  static List<CapabilityChain.Capability> capabilities(MemorySegment argument, int capOffset) {
    return capOffset == 0 ? List.of() : CapabilityChain.read(argument, capOffset);
  }
}
