package busbar.registry;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.device.DmaLoggingOps;
import busbar.api.device.DmaLoggingOps.Range;
import busbar.api.device.FeatureCheck;
import busbar.api.device.FeatureCheck.Verdict;
import busbar.api.memory.AddressSpace;
import busbar.uapi.VfioDeviceFeatureDmaLoggingControl;
import busbar.uapi.VfioDeviceFeatureDmaLoggingRange;
import busbar.uapi.VfioDeviceFeatureDmaLoggingReport;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** The device features 6, 7 and 8: a device logs what it writes. */
final class DmaLogging {
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int GET = VfioHeader.VFIO_DEVICE_FEATURE_GET;
  private static final int SET = VfioHeader.VFIO_DEVICE_FEATURE_SET;

  /** As many as fit a page. */
  private static final long MAX_RANGES = AddressSpace.PAGE / VfioDeviceFeatureDmaLoggingRange.SIZE;

  private DmaLogging() {}

  private static <D> DmaLoggingOps<D> needOps(Binding<D> binding, int flags) {
    return binding
        .logging()
        .orElseThrow(() -> DeviceFeatures.unknown(binding, FeatureCheck.index(flags)));
  }

  static <D> long start(
      Binding<D> binding, Caller caller, int flags, MemorySegment data, long payload) {
    DmaLoggingOps<D> ops = needOps(binding, flags);
    if (FeatureCheck.check(flags, payload, SET, VfioDeviceFeatureDmaLoggingControl.SIZE)
        == Verdict.PROBED) {
      return 0;
    }
    MemorySegment struct = Args.struct(data, VfioDeviceFeatureDmaLoggingControl.SIZE);
    VfioDeviceFeatureDmaLoggingControl control = VfioDeviceFeatureDmaLoggingControl.decode(struct);
    List<Range> ranges = ranges(caller, control);
    long pageSize = ops.loggingStart(binding.data(), ranges, control.pageSize());
    try {
      struct.set(U64, VfioDeviceFeatureDmaLoggingControl.OFFSET_PAGE_SIZE, pageSize);
    } catch (RuntimeException e) {
      ops.loggingStop(binding.data());
      throw new VfioException(Errno.EFAULT, "the argument cannot be written", e);
    }
    return 0;
  }

  private static List<Range> ranges(Caller caller, VfioDeviceFeatureDmaLoggingControl control) {
    long count = Integer.toUnsignedLong(control.numRanges());
    if (count == 0) {
      throw Errno.EINVAL.because("logging was asked for no range");
    }
    if (count > MAX_RANGES) {
      throw Errno.E2BIG.because("%d ranges, %d are possible", count, MAX_RANGES);
    }
    byte[] one = new byte[(int) VfioDeviceFeatureDmaLoggingRange.SIZE];
    MemorySegment copy = MemorySegment.ofArray(one);
    List<Range> ranges = new ArrayList<>();
    TreeMap<Long, Long> lastByStart = new TreeMap<>(Long::compareUnsigned);
    for (int i = 0; i < count; i++) {
      caller.memory().read(control.ranges() + (long) i * one.length, copy);
      long iova = copy.get(U64, VfioDeviceFeatureDmaLoggingRange.OFFSET_IOVA);
      long length = copy.get(U64, VfioDeviceFeatureDmaLoggingRange.OFFSET_LENGTH);
      check(iova, length, control.pageSize());
      addDisjoint(lastByStart, iova, iova + length - 1);
      ranges.add(new Range(iova, length));
    }
    return ranges;
  }

  private static void check(long iova, long length, long pageSize) {
    if (((iova | length) & pageSize - 1) != 0) {
      throw Errno.EINVAL.because(
          "0x%x with 0x%x bytes is not aligned to pages of 0x%x", iova, length, pageSize);
    }
    checkOverflow(iova, length);
  }

  private static void checkOverflow(long iova, long length) {
    if (Long.compareUnsigned(iova + length, iova) < 0) {
      throw Errno.EOVERFLOW.because("0x%x with 0x%x bytes ends beyond 2^64", iova, length);
    }
  }

  private static void addDisjoint(TreeMap<Long, Long> lastByStart, long start, long last) {
    var before = lastByStart.floorEntry(last);
    if (before != null && Long.compareUnsigned(before.getValue(), start) >= 0) {
      throw Errno.EINVAL.because(
          "the range at 0x%x overlaps the one at 0x%x", start, before.getKey());
    }
    lastByStart.put(start, last);
  }

  static <D> long stop(Binding<D> binding, int flags, long payload) {
    DmaLoggingOps<D> ops = needOps(binding, flags);
    if (FeatureCheck.check(flags, payload, SET, 0) == Verdict.GO_ON) {
      ops.loggingStop(binding.data());
    }
    return 0;
  }

  static <D> long report(
      Binding<D> binding, Caller caller, int flags, MemorySegment data, long payload) {
    DmaLoggingOps<D> ops = needOps(binding, flags);
    if (FeatureCheck.check(flags, payload, GET, VfioDeviceFeatureDmaLoggingReport.SIZE)
        == Verdict.PROBED) {
      return 0;
    }
    VfioDeviceFeatureDmaLoggingReport report =
        VfioDeviceFeatureDmaLoggingReport.decode(
            Args.struct(data, VfioDeviceFeatureDmaLoggingReport.SIZE));
    if (Long.compareUnsigned(report.pageSize(), AddressSpace.PAGE) < 0
        || Long.bitCount(report.pageSize()) != 1) {
      throw Errno.EINVAL.because("0x%x is no page size for a report", report.pageSize());
    }
    checkOverflow(report.iova(), report.length());
    DirtyBitmap bitmap = new DirtyBitmap(caller.memory(), report);
    ops.readAndClear(binding.data(), report.iova(), report.length(), bitmap);
    return 0;
  }

  /**
   * The user's bitmap, one bit for each page of the report; bits are added to those that are set.
   */
  private record DirtyBitmap(AddressSpace memory, VfioDeviceFeatureDmaLoggingReport report)
      implements DmaLoggingOps.DirtySink {
    @Override
    public void dirty(long iova, long length) {
      int shift = Long.numberOfTrailingZeros(report.pageSize());
      long from = Math.max(0, iova - report.iova()) >>> shift;
      long end = Math.min(report.length(), iova - report.iova() + length);
      MemorySegment one = MemorySegment.ofArray(new byte[1]);
      for (long bit = from; bit << shift < end; bit++) {
        memory.read(report.bitmap() + (bit >>> 3), one);
        byte old = one.get(ValueLayout.JAVA_BYTE, 0);
        one.set(ValueLayout.JAVA_BYTE, 0, (byte) (old | 1 << (bit & 7)));
        memory.write(report.bitmap() + (bit >>> 3), one);
      }
    }
  }
}
