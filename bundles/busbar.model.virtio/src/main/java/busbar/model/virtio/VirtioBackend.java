package busbar.model.virtio;

import busbar.machine.model.DmaPort;
import java.util.List;

/**
 * What a virtio device does with the buffers of its queues. Called by the queue task, without a
 * lock.
 */
interface VirtioBackend {
  /** The device type: virtio 1.2, section 5. */
  int deviceType();

  /** Feature bits of the type, beside those of the transport. */
  long features();

  /** The largest size of each queue. */
  List<Integer> queueSizes();

  /**
   * Works on the buffers of one descriptor chain.
   *
   * @return bytes written, or -1 if the device could not reach a buffer
   */
  long handle(int queue, List<Buffer> chain, DmaPort dma);

  /**
   * A buffer of a chain.
   *
   * @param access who may do what with it
   */
  record Buffer(long address, long length, Access access) {}

  /** What the device does with a buffer. */
  enum Access {
    READS,
    WRITES
  }
}
