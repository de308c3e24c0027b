package busbar.machine.model;

import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The behaviour of one device. The machine does everything that all devices of a bus have in common
 * (configuration space, decoding, message tables, masks, power); the model does the rest.
 *
 * <p>Called by many threads at once. A model with more than independent registers has a lock of its
 * own, and calls nothing of {@link ModelContext} while it holds it but {@link
 * ModelContext#timing()}.
 */
@ConsumerType
public interface DeviceModel {
  /**
   * Reads registers. The machine has checked that the access is inside the region, aligned and
   * decoded.
   *
   * @param region BAR number, another number of {@link Regions}, or the index of a platform
   *     device's resource
   * @param width 1, 2, 4 or 8
   * @return a little-endian value in the low bits; what hardware gives for an access that it does
   *     not know
   */
  long read(int region, long offset, int width);

  /** Writes registers; as {@link #read}. */
  void write(int region, long offset, int width, long value);

  /**
   * The memory of a region that is nothing but memory (a framebuffer); accesses then bypass the
   * model. {@code null} for registers. The same segment for the device's whole life.
   */
  default MemorySegment memory(int region) {
    return null;
  }

  /**
   * Whether registers of configuration space (PCI only) have behaviour of the model's: {@link
   * #configRead} is called for these alone, and accesses to them wait while the model is exchanged,
   * as those of regions do. To all others the machine answers meanwhile. Always the same answer;
   * asked at any time, after {@link #close} too.
   */
  default boolean ownsConfig(int offset, int width) {
    return false;
  }

  /**
   * A driver is about to read configuration space that the model {@linkplain #ownsConfig owns}; it
   * may bring it up to date with {@link ModelContext#setConfig} first.
   */
  default void configRead(int offset, int width) {}

  /** The device was reset: registers as after power-on, nothing under way, interrupt lines low. */
  void reset();

  /**
   * A driver wrote configuration space; {@link ModelContext#config} has the new values. What was
   * written while the model was being exchanged is told to the successor, each register once.
   */
  default void configWritten(int offset, int width) {}

  /**
   * Stops DMA and timers and tells the whole state, for a successor of the same model or a later
   * version. Work under way is finished or is part of the state. No access is under way, but for
   * those that work of the model's own causes (an interrupt handler that it calls reads a
   * register): so the state is told after everything was stopped. {@link #resume} or {@link #close}
   * follows; if this hangs, {@link #resume} also comes before it has returned.
   *
   * @throws busbar.api.VfioException {@code EAGAIN} if work under way does not end soon, for it may
   *     wait for an access that waits for the save; {@link #resume} follows and the save is tried
   *     again
   */
  StateRecord save();

  /**
   * Takes a state that {@link #save} of this or an earlier version gave; before any access. Lines,
   * messages and timers take effect when the model is in place; there is no DMA before that.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it cannot; the predecessor goes on
   */
  void restore(StateRecord state);

  /** Goes on after a {@link #save} that led nowhere; without one there is nothing to do. */
  void resume();

  /** Switched off: timers and DMA end now. */
  void close();
}
