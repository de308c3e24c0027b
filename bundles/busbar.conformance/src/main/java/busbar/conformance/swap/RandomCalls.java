package busbar.conformance.swap;

import busbar.api.Caller;
import busbar.api.VfioException;
import busbar.api.client.MmapRequest;
import busbar.api.device.VfioDeviceOps;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * Calls of a client that sends anything, straight into the table of a driver that lets everything
 * be mapped and knows the usual ioctls. Each must give a result or an errno.
 */
public final class RandomCalls {
  private static final int CALLS = Boolean.getBoolean("busbar.long") ? 20_000 : 300;
  private static final int MOST_BYTES = 128;
  private static final int FIRST_IOCTL = 0x3b6b;
  private static final int IOCTLS = 12;

  private final Random random;

  public RandomCalls(long seed) {
    random = new Random(seed);
  }

  /**
   * Makes 300 calls, or 20,000 with the system property {@code busbar.long}.
   *
   * @throws AssertionError if one of them gives a negative result or an error without a reason
   */
  public <D> void make(VfioDeviceOps<D> driver, D data, Caller caller) {
    for (int i = 0; i < CALLS; i++) {
      MemorySegment bytes = bytes();
      long offset = offset();
      try {
        switch (random.nextInt(4)) {
          case 0 -> driver.read(data, caller, bytes, offset);
          case 1 -> driver.write(data, caller, bytes, offset);
          case 2 -> driver.mmap(data, caller, MmapRequest.shared(offset, 1 + bytes.byteSize()));
          default -> ioctl(driver, data, caller, bytes);
        }
      } catch (VfioException e) {
        if (e.because().isBlank()) {
          throw new AssertionError("an errno without a reason", e);
        }
      }
    }
  }

  private <D> void ioctl(VfioDeviceOps<D> driver, D data, Caller caller, MemorySegment bytes) {
    int command = FIRST_IOCTL + random.nextInt(IOCTLS);
    long result = driver.ioctl(data, caller, command, bytes);
    if (result < 0) {
      throw new AssertionError("ioctl 0x%x gave %d".formatted(command, result));
    }
  }

  /** Now and then read-only, often with a sensible argsz, flags and index. */
  private MemorySegment bytes() {
    byte[] bytes = new byte[random.nextInt(MOST_BYTES + 1)];
    random.nextBytes(bytes);
    if (bytes.length >= 12 && random.nextBoolean()) {
      number(bytes, 0, bytes.length);
      number(bytes, 4, random.nextInt(64));
      number(bytes, 8, random.nextInt(20));
    }
    MemorySegment segment = MemorySegment.ofArray(bytes);
    return random.nextInt(10) == 0 ? segment.asReadOnly() : segment;
  }

  private static void number(byte[] bytes, int at, int below256) {
    bytes[at] = (byte) below256;
    bytes[at + 1] = 0;
    bytes[at + 2] = 0;
    bytes[at + 3] = 0;
  }

  private long offset() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(0x200);
      case 1 -> ((long) random.nextInt(10) << 40) + random.nextInt(0x200);
      case 2 -> (long) random.nextInt(0x500) << 12;
      default -> random.nextLong();
    };
  }
}
