package busbar.api.device;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Optional: dirty logging by the device, {@code struct vfio_log_ops}. The core has checked
 * alignment, overflow and overlap.
 *
 * @param <D> the driver's data of one device
 */
@ConsumerType
public interface DmaLoggingOps<D> {
  /** A range of addresses to log. */
  record Range(long iova, long length) {}

  /** Takes the pages of a report. */
  interface DirtySink {
    void dirty(long iova, long length);
  }

  /** Starts; returns the page size in force, which may differ from the one asked. */
  long loggingStart(D device, List<Range> ranges, long pageSize);

  void loggingStop(D device);

  /** Reports and forgets what was written in the range. */
  void readAndClear(D device, long iova, long length, DirtySink sink);
}
