package busbar.model.mdpy;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.VfioException;
import busbar.api.client.MmapRequest;
import busbar.api.memory.PhysicalMemory;
import busbar.conformance.swap.DeviceStub;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever a user sends, the answer is a result or an errno. */
class FuzzTest {
  private static final int STEPS = Boolean.getBoolean("busbar.long") ? 20_000 : 300;

  @Property(seed = "20261122", tries = 30)
  void randomBytesGetAResultOrAnErrno(@ForAll long seed) {
    Random random = new Random(seed);
    MdpyParent parent = new MdpyParent(4, new PhysicalMemory());
    Mdpy child = parent.create(parent.types().getFirst(), "fuzz", DeviceStub.of("fuzz"));
    for (int i = 0; i < STEPS; i++) {
      MemorySegment bytes = bytes(random);
      long offset = offset(random);
      try {
        switch (random.nextInt(4)) {
          case 0 -> parent.read(child, null, bytes, offset);
          case 1 -> parent.write(child, null, bytes, offset);
          case 2 -> parent.mmap(child, null, MmapRequest.shared(offset, 1 + bytes.byteSize()));
          default -> {
            long result = parent.ioctl(child, null, 0x3b6b + random.nextInt(12), bytes);
            assertThat(result).isNotNegative();
          }
        }
      } catch (VfioException e) {
        assertThat(e.because()).isNotBlank();
      }
    }
  }

  /** Up to 128 bytes, now and then read-only, often with a sensible argsz. */
  private static MemorySegment bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(129)];
    random.nextBytes(bytes);
    if (bytes.length >= 12 && random.nextBoolean()) {
      bytes[0] = (byte) bytes.length;
      bytes[1] = 0;
      bytes[2] = 0;
      bytes[3] = 0;
      bytes[4] = (byte) random.nextInt(64);
      bytes[5] = 0;
      bytes[6] = 0;
      bytes[7] = 0;
      bytes[8] = (byte) random.nextInt(20);
      bytes[9] = 0;
      bytes[10] = 0;
      bytes[11] = 0;
    }
    MemorySegment segment = MemorySegment.ofArray(bytes);
    return random.nextInt(10) == 0 ? segment.asReadOnly() : segment;
  }

  private static long offset(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(0x200);
      case 1 -> ((long) random.nextInt(10) << 40) + random.nextInt(0x200);
      case 2 -> (long) random.nextInt(0x500) << 12;
      default -> random.nextLong();
    };
  }
}
