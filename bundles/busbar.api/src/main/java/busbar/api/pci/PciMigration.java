package busbar.api.pci;

import busbar.api.device.DmaLoggingOps.DirtySink;
import busbar.api.device.DmaLoggingOps.Range;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a PCI function can do to be moved to another machine: come to rest, tell its state, take
 * one, and log what it writes. Real functions have it behind commands of their physical function or
 * registers of their vendor; a driver beside {@code vfio-pci} makes {@link
 * busbar.api.device.MigrationOps} of it.
 *
 * <p>The state is what is inside the device, pending message interrupts included. Configuration
 * space, the message table and the wiring of interrupts belong to who uses the device.
 *
 * <p>Any thread; calls of one function exclude each other. Methods throw {@link
 * busbar.api.VfioException}; {@code ENODEV} if the function is gone.
 */
@ConsumerType
public interface PciMigration {
  /** How much of the device is at rest. */
  enum Activity {
    /** Nothing: it does what it is there for. */
    RUNNING,
    /**
     * It begins no DMA and no work that leads to some; its registers answer and take orders, which
     * wait. What {@code RUNNING_P2P} asks for.
     */
    QUIET,
    /**
     * It changes nothing any more, inside or outside: registers answer all ones and drop stores.
     * Configuration space and the message table go on working.
     */
    STOPPED
  }

  Activity activity();

  /**
   * Comes to rest or goes on; work under way is finished first.
   *
   * @throws busbar.api.VfioException {@code EBUSY} if work does not end in reasonable time; the
   *     activity is what it was then
   */
  void setActivity(Activity wanted);

  /**
   * The whole state. Exact while the device is at rest; else a picture of a moment, for which it
   * rests so long.
   *
   * @throws busbar.api.VfioException {@code EBUSY} as {@link #setActivity}, {@code EOPNOTSUPP} if
   *     the state cannot leave this machine
   */
  byte[] save();

  /**
   * Takes a state that {@link #save} of an equal function gave; the device stays stopped.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if the state is damaged, of another kind of
   *     device, of a later version or not of this size; {@code EBUSY} if the device is not {@code
   *     STOPPED}. The device is as it was then
   */
  void load(byte[] state);

  /** What the device is, as far as a state must fit it: {@code "1234:11e8 edu"}. */
  String kind();

  /**
   * Is told of every reset of the function, by whatever way, after it: it is {@code RUNNING} then.
   * Replaces the one before, {@code null} none.
   */
  void onReset(Runnable listener);

  /**
   * Begins to log what the device writes.
   *
   * @param pageSize the wish
   * @return the page size in force, a power of two from 4 KiB on
   * @throws busbar.api.VfioException {@code EINVAL} if it logs already
   */
  long startLogging(List<Range> ranges, long pageSize);

  /** Whether it logs now. */
  boolean isLogging();

  /** Ends it; nothing happens if it does not log. */
  void stopLogging();

  /**
   * Reports the pages of the range that were written since the last report, and forgets them. A
   * page whose report fails is kept for the next one.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if it does not log; what the sink throws
   */
  void reportWritten(long iova, long length, DirtySink sink);
}
