package busbar.api.memory;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A piece of a device at physical addresses: a BAR, a register block, a framebuffer, an option ROM.
 *
 * <p>Values are little-endian numbers in the low bits of a {@code long}. Accesses are naturally
 * aligned and inside the window; who offers it may throw {@link IndexOutOfBoundsException} if not.
 * Called by any thread.
 */
@ConsumerType
public interface MmioWindow {
  /**
   * Where the window starts in the machine's physical address space; for ordinary memory that a
   * driver shows as a device's, the address that {@link PhysicalMemory#add} gave it.
   */
  long physical();

  /** In bytes. */
  long size();

  /**
   * Reads {@code width} bytes.
   *
   * @param width 1, 2, 4 or 8
   */
  long load(long offset, int width);

  /**
   * Writes the low {@code width} bytes of {@code value}.
   *
   * @param width 1, 2, 4 or 8
   */
  void store(long offset, int width, long value);

  /**
   * The memory behind the window, if memory is all that it is: accesses to it then have no side
   * effect and {@link #load} and {@link #store} do the same. {@code null} for registers.
   */
  default MemorySegment memory() {
    return null;
  }
}
