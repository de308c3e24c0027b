package busbar.client;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_DMA_LOGGING_START;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_GET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE_SET;

import busbar.api.client.VfioClient;
import busbar.api.memory.AddressSpace;
import busbar.uapi.VfioDeviceFeatureDmaLoggingControl;
import busbar.uapi.VfioDeviceFeatureDmaLoggingRange;
import busbar.uapi.VfioDeviceFeatureDmaLoggingReport;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;

/** Which pages a device has written, as the device itself knows it. Any thread. */
public final class DmaLog implements AutoCloseable {
  /** Addresses to be logged, whole pages. */
  public record Range(long iova, long length) {}

  private static final long RANGE = VfioDeviceFeatureDmaLoggingRange.SIZE;

  private final Device device;
  private final VfioClient client;
  private final long pageSize;

  /** Starts; as {@link Device#logDma}. */
  DmaLog(Device device, VfioClient client, List<Range> ranges, long pageSize) {
    this.device = device;
    this.client = client;
    MemorySegment table = MemorySegment.ofArray(new byte[ranges.size() * (int) RANGE]);
    for (int i = 0; i < ranges.size(); i++) {
      new VfioDeviceFeatureDmaLoggingRange(ranges.get(i).iova(), ranges.get(i).length())
          .encode(table, i * RANGE);
    }
    this.pageSize = lent(table.byteSize(), vaddr -> start(ranges.size(), pageSize, vaddr, table));
  }

  private long start(int count, long wish, long vaddr, MemorySegment table) {
    client.memory().write(vaddr, table);
    byte[] control = new byte[(int) VfioDeviceFeatureDmaLoggingControl.SIZE];
    new VfioDeviceFeatureDmaLoggingControl(wish, count, 0, vaddr)
        .encode(MemorySegment.ofArray(control));
    MemorySegment answer =
        device.feature(VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START, control);
    return VfioDeviceFeatureDmaLoggingControl.decode(answer).pageSize();
  }

  /** A use of memory at its address in the client. */
  private interface Use<T> {
    T at(long vaddr);
  }

  /** Lends memory of the client, which the driver finds at its address. */
  private <T> T lent(long size, Use<T> use) {
    long whole = Math.max(size + AddressSpace.PAGE - 1 & -AddressSpace.PAGE, AddressSpace.PAGE);
    long vaddr = client.memory().allocate(whole);
    try {
      return use.at(vaddr);
    } finally {
      client.memory().unregister(vaddr, whole);
    }
  }

  /** The page size that is in force, which may differ from the one that was asked. */
  public long pageSize() {
    return pageSize;
  }

  /**
   * The pages that were written since the last report, bit 0 for the first of the range.
   *
   * @param length in bytes
   * @param reportPage bytes for each bit, a power of two from 4 KiB on
   */
  public BitSet report(long iova, long length, long reportPage) {
    long bits = (length + reportPage - 1) / reportPage;
    byte[] bitmap = new byte[Math.toIntExact((bits + 63) / 64 * 8)];
    return lent(
        bitmap.length,
        vaddr -> {
          byte[] report = new byte[(int) VfioDeviceFeatureDmaLoggingReport.SIZE];
          new VfioDeviceFeatureDmaLoggingReport(iova, length, reportPage, vaddr)
              .encode(MemorySegment.ofArray(report));
          device.feature(VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, report);
          client.memory().read(vaddr, MemorySegment.ofArray(bitmap));
          return BitSet.valueOf(bitmap);
        });
  }

  /** Stops; harmless if the device does not log any more. */
  @Override
  public void close() {
    device.feature(VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, new byte[0]);
  }
}
