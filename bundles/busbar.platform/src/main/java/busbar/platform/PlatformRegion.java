package busbar.platform;

import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_MMAP;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_WRITE;

import busbar.api.Errno;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.MmioWindow;
import busbar.api.platform.PlatformDevice;
import busbar.api.platform.PlatformDevice.Kind;
import busbar.api.platform.PlatformDevice.Resource;
import busbar.api.platform.PlatformDevice.Writability;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One register block of a device as its user sees it.
 *
 * @param flags {@code VFIO_REGION_INFO_FLAG_*}; a port resource has none and cannot be used
 * @param size in bytes
 * @param window the registers
 */
record PlatformRegion(int index, int flags, long size, MmioWindow window) {
  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The regions of a device, in the order of its resources. */
  static List<PlatformRegion> of(PlatformDevice device) {
    List<PlatformRegion> regions = new ArrayList<>();
    for (Resource resource : device.resources()) {
      int index = regions.size();
      regions.add(
          new PlatformRegion(index, flagsOf(resource), resource.size(), device.window(index)));
    }
    return List.copyOf(regions);
  }

  private static int flagsOf(Resource resource) {
    if (resource.kind() == Kind.PORTS) {
      return 0;
    }
    int flags = VFIO_REGION_INFO_FLAG_READ;
    if (resource.writability() == Writability.READ_WRITE) {
      flags |= VFIO_REGION_INFO_FLAG_WRITE;
    }
    // only whole pages can be mapped without showing the neighbours' registers
    if ((resource.start() | resource.size()) % AddressSpace.PAGE == 0) {
      flags |= VFIO_REGION_INFO_FLAG_MMAP;
    }
    return flags;
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** Reads in the largest naturally aligned steps of at most four bytes. */
  int read(MemorySegment buffer, long offset) {
    int count = clip(buffer, offset);
    for (int done = 0; done < count; ) {
      int width = width(offset + done, count - done);
      long value = window.load(offset + done, width);
      switch (width) {
        case 1 -> buffer.set(ValueLayout.JAVA_BYTE, done, (byte) value);
        case 2 -> buffer.set(LE16, done, (short) value);
        default -> buffer.set(LE32, done, (int) value);
      }
      done += width;
    }
    return count;
  }

  /** Writes; as {@link #read}. */
  int write(MemorySegment buffer, long offset) {
    int count = clip(buffer, offset);
    for (int done = 0; done < count; ) {
      int width = width(offset + done, count - done);
      long value =
          switch (width) {
            case 1 -> buffer.get(ValueLayout.JAVA_BYTE, done) & 0xffL;
            case 2 -> buffer.get(LE16, done) & 0xffffL;
            default -> buffer.get(LE32, done) & 0xffff_ffffL;
          };
      window.store(offset + done, width, value);
      done += width;
    }
    return count;
  }

  private int clip(MemorySegment buffer, long offset) {
    if (offset >= size) {
      throw Errno.EINVAL.because(
          "offset 0x%x is beyond region %d, which has 0x%x bytes", offset, index, size);
    }
    return (int) Math.min(buffer.byteSize(), size - offset);
  }

  private static int width(long offset, int left) {
    if (left >= 4 && offset % 4 == 0) {
      return 4;
    }
    return left >= 2 && offset % 2 == 0 ? 2 : 1;
  }
}
