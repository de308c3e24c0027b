package busbar.model.virtio;

import busbar.machine.model.DmaPort;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.random.RandomGenerator;

/** The entropy device: fills every buffer with random bytes (virtio 1.2, section 5.4). */
final class EntropyBackend implements VirtioBackend {
  private static final int TYPE = 4;
  private static final int QUEUE_SIZE = 8;
  private static final int CHUNK = 1 << 16;

  private final RandomGenerator random;

  EntropyBackend(RandomGenerator random) {
    this.random = random;
  }

  @Override
  public int deviceType() {
    return TYPE;
  }

  @Override
  public long features() {
    return 0;
  }

  @Override
  public List<Integer> queueSizes() {
    return List.of(QUEUE_SIZE);
  }

  @Override
  public long handle(int queue, List<Buffer> chain, DmaPort dma) {
    long written = 0;
    for (Buffer buffer : chain) {
      if (buffer.access() == Access.WRITES) {
        for (long done = 0; done < buffer.length(); done += CHUNK) {
          byte[] bytes = new byte[(int) Math.min(CHUNK, buffer.length() - done)];
          random.nextBytes(bytes);
          if (!dma.write(buffer.address() + done, MemorySegment.ofArray(bytes), 0, bytes.length)) {
            return -1;
          }
        }
        written += buffer.length();
      }
    }
    return written;
  }
}
