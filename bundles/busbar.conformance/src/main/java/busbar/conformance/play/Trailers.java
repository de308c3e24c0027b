package busbar.conformance.play;

import busbar.api.memory.MemoryFaultException;
import busbar.conformance.play.IoctlTable.Ioctl;
import busbar.uapi.CapabilityChain;
import busbar.uapi.IommuIoasIovaRanges;
import busbar.uapi.VfioDeviceFeature;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioHeader;
import busbar.uapi.VfioInfoCapHeader;
import busbar.uapi.VfioIommuType1Info;
import busbar.uapi.VfioPciHotResetInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.OptionalInt;

/** What a result shows after the fields of a struct: capabilities, lists, data. */
final class Trailers {
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final long DEPENDENT_SIZE = 8;
  private static final long RANGE_SIZE = 16;

  private Trailers() {}

  /** The text with a space before each part, or nothing. */
  static String text(
      Session s, Ioctl ioctl, MemorySegment after, MemorySegment before, boolean worked) {
    return switch (ioctl.trailer()) {
      case NONE -> "";
      case IOMMU_CAPABILITIES ->
          worked ? chain(ioctl, after, VfioIommuType1Info.OFFSET_CAP_OFFSET) : "";
      case DEVICE_CAPABILITIES ->
          worked ? chain(ioctl, after, VfioDeviceInfo.OFFSET_CAP_OFFSET) : "";
      case REGION_CAPABILITIES ->
          worked ? chain(ioctl, after, VfioRegionInfo.OFFSET_CAP_OFFSET) : "";
      case DEPENDENT_DEVICES -> dependentDevices(s, after, before, worked);
      case FEATURE_DATA -> featureData(after, before, worked);
      case IOVA_RANGES -> iovaRanges(s, after, before);
    };
  }

  private static String chain(Ioctl ioctl, MemorySegment after, long offsetField) {
    if (after.byteSize() < offsetField + Integer.BYTES || after.get(U32, offsetField) == 0) {
      return "";
    }
    List<CapabilityChain.Capability> chain;
    try {
      chain = CapabilityChain.read(after, after.get(U32, offsetField));
    } catch (IllegalArgumentException e) {
      return " cap{" + e.getMessage() + "}";
    }
    StringBuilder text = new StringBuilder();
    for (CapabilityChain.Capability capability : chain) {
      int next = VfioInfoCapHeader.decode(capability.segment(), 0).next();
      text.append(
          String.format(
              " cap{off=%d id=%d ver=%d next=%d%s}",
              capability.offset(),
              capability.id(),
              capability.version(),
              next,
              body(ioctl, capability)));
    }
    return text.toString();
  }

  private static String body(Ioctl ioctl, CapabilityChain.Capability capability) {
    MemorySegment c = capability.segment();
    try {
      return switch (ioctl.trailer()) {
        case IOMMU_CAPABILITIES -> iommuCapability(capability.id(), c);
        case REGION_CAPABILITIES -> regionCapability(capability.id(), c);
        default -> deviceCapability(capability.id(), c);
      };
    } catch (IndexOutOfBoundsException e) {
      return " cut off";
    }
  }

  private static String iommuCapability(int id, MemorySegment c) {
    return switch (id) {
      case VfioHeader.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE -> {
        int count = c.get(U32, 8);
        StringBuilder text = new StringBuilder(" nr_iovas=" + count);
        for (int i = 0; i < count; i++) {
          text.append(range(c.get(U64, 16 + RANGE_SIZE * i), c.get(U64, 24 + RANGE_SIZE * i)));
        }
        yield text.toString();
      }
      case VfioHeader.VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION ->
          String.format(
              " flags=0x%x pgsize_bitmap=0x%x max_dirty_bitmap_size=0x%x",
              c.get(U32, 8), c.get(U64, 16), c.get(U64, 24));
      case VfioHeader.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL ->
          " avail=" + Integer.toUnsignedString(c.get(U32, 8));
      default -> "";
    };
  }

  private static String regionCapability(int id, MemorySegment c) {
    return switch (id) {
      case VfioHeader.VFIO_REGION_INFO_CAP_SPARSE_MMAP -> {
        int count = c.get(U32, 8);
        StringBuilder text = new StringBuilder(" nr_areas=" + count);
        for (int i = 0; i < count; i++) {
          text.append(
              String.format(
                  " [0x%x+0x%x]",
                  c.get(U64, 16 + RANGE_SIZE * i), c.get(U64, 24 + RANGE_SIZE * i)));
        }
        yield text.toString();
      }
      case VfioHeader.VFIO_REGION_INFO_CAP_TYPE ->
          String.format(" type=0x%x subtype=0x%x", c.get(U32, 8), c.get(U32, 12));
      default -> "";
    };
  }

  private static String deviceCapability(int id, MemorySegment c) {
    return id == VfioHeader.VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP
        ? String.format(" flags=0x%x", c.get(U32, 8))
        : "";
  }

  private static String dependentDevices(
      Session s, MemorySegment after, MemorySegment before, boolean worked) {
    long first = VfioPciHotResetInfo.SIZE;
    if (after.byteSize() < first
        || !worked
            && after.get(U32, VfioPciHotResetInfo.OFFSET_COUNT)
                == before.get(U32, VfioPciHotResetInfo.OFFSET_COUNT)) {
      return "";
    }
    long count = Integer.toUnsignedLong(after.get(U32, VfioPciHotResetInfo.OFFSET_COUNT));
    int flags = after.get(U32, VfioPciHotResetInfo.OFFSET_FLAGS);
    StringBuilder text = new StringBuilder();
    for (long i = 0; i < count && first + DEPENDENT_SIZE * (i + 1) <= after.byteSize(); i++) {
      text.append(dependentDevice(s, after.asSlice(first + DEPENDENT_SIZE * i), flags));
    }
    return text.toString();
  }

  private static String dependentDevice(Session s, MemorySegment entry, int flags) {
    int devfn = Byte.toUnsignedInt(entry.get(ValueLayout.JAVA_BYTE, 7));
    String name =
        String.format(
            "%04x:%02x:%02x.%x",
            Short.toUnsignedInt(entry.get(ValueLayout.JAVA_SHORT_UNALIGNED, 4)),
            entry.get(ValueLayout.JAVA_BYTE, 6),
            devfn >> 3,
            devfn & 7);
    int id = entry.get(U32, 0);
    String alias = s.host().facts().alias(name);
    if ((flags & VfioHeader.VFIO_PCI_HOT_RESET_FLAG_DEV_ID) != 0) {
      return " [" + alias + " devid=" + id + "]";
    }
    boolean match = OptionalInt.of(id).equals(s.host().group(name));
    return " [" + alias + " group=" + (match ? "match" : "MISMATCH") + "]";
  }

  private static String featureData(MemorySegment after, MemorySegment before, boolean worked) {
    long first = VfioDeviceFeature.SIZE;
    if (after.byteSize() <= first) {
      return "";
    }
    int flags = before.get(U32, VfioDeviceFeature.OFFSET_FLAGS);
    boolean asked =
        (flags & VfioHeader.VFIO_DEVICE_FEATURE_GET) != 0
            && (flags & VfioHeader.VFIO_DEVICE_FEATURE_PROBE) == 0;
    boolean changed = after.asSlice(first).mismatch(before.asSlice(first)) >= 0;
    return worked && asked || changed
        ? " data=" + Bytes.shorten(Bytes.array(after.asSlice(first)))
        : "";
  }

  private static String iovaRanges(Session s, MemorySegment after, MemorySegment before) {
    long size = IommuIoasIovaRanges.SIZE;
    if (after.byteSize() < size || after.mismatch(before) < 0) {
      return "";
    }
    long count =
        Math.min(
            Integer.toUnsignedLong(after.get(U32, IommuIoasIovaRanges.OFFSET_NUM_IOVAS)),
            Integer.toUnsignedLong(before.get(U32, IommuIoasIovaRanges.OFFSET_NUM_IOVAS)));
    long address = after.get(U64, IommuIoasIovaRanges.OFFSET_ALLOWED_IOVAS);
    StringBuilder text = new StringBuilder();
    try {
      for (long i = 0; i < count; i++) {
        long at = address + RANGE_SIZE * i;
        text.append(range(Cpu.load(s, at, Long.BYTES), Cpu.load(s, at + 8, Long.BYTES)));
      }
    } catch (MemoryFaultException e) {
      text.append(" [unreadable]");
    }
    return text.toString();
  }

  private static String range(long first, long last) {
    return String.format(" [0x%x-0x%x]", first, last);
  }
}
