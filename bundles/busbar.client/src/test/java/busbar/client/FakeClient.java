package busbar.client;

import busbar.api.Args;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.OpenMode;
import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import busbar.uapi.CapabilityChain;
import busbar.uapi.VfioHeader;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import busbar.uapi.VfioIommuType1Info;
import busbar.uapi.VfioIommuType1InfoCapIovaRange;
import busbar.uapi.VfioIovaRange;
import busbar.uapi.VfioIrqSet;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongFunction;

/** A client of one container, one group and one device with a region of 16 bytes at 1 MiB. */
final class FakeClient implements VfioClient {
  static final long REGION_OFFSET = 1 << 20;
  static final int REGION_SIZE = 16;

  final TreeMap<Long, Long> mapped = new TreeMap<>();
  final List<EventFd> wired = new ArrayList<>();
  final byte[] registers = new byte[REGION_SIZE];
  private final Map<Integer, Object> table = new TreeMap<>();
  private final AddressSpace memory = new AddressSpace("fake", new PhysicalMemory());
  private boolean closed;

  /** What is open: closing forgets. */
  int openFiles() {
    return table.size();
  }

  private int put(Object file) {
    int fd = 3;
    while (table.containsKey(fd)) {
      fd++;
    }
    table.put(fd, file);
    return fd;
  }

  private Object get(int fd) {
    Object file = table.get(fd);
    if (file == null) {
      throw Errno.EBADF.because("%d is not open", fd);
    }
    return file;
  }

  @Override
  public long ioctl(int fd, int command, MemorySegment argument) {
    String file = get(fd).toString();
    if (file.equals("group")) {
      return switch (command) {
        case VfioHeader.VFIO_GROUP_GET_DEVICE_FD -> put("device " + argument.getString(0));
        case VfioHeader.VFIO_GROUP_GET_STATUS -> {
          Args.putU32(argument, Integer.BYTES, VfioHeader.VFIO_GROUP_FLAGS_VIABLE);
          yield 0;
        }
        default -> throw Errno.ENOTTY.because("no group ioctl 0x%x", command);
      };
    }
    return file.equals("container")
        ? containerIoctl(command, argument)
        : deviceIoctl(command, argument);
  }

  private long containerIoctl(int command, MemorySegment argument) {
    switch (command) {
      case VfioHeader.VFIO_IOMMU_GET_INFO -> answerInfo(argument);
      case VfioHeader.VFIO_IOMMU_MAP_DMA -> {
        VfioIommuType1DmaMap map = VfioIommuType1DmaMap.decode(argument);
        if (mapped.putIfAbsent(map.iova(), map.size()) != null) {
          throw Errno.EEXIST.because("0x%x is mapped", map.iova());
        }
      }
      case VfioHeader.VFIO_IOMMU_UNMAP_DMA -> {
        VfioIommuType1DmaUnmap unmap = VfioIommuType1DmaUnmap.decode(argument);
        Long size = mapped.remove(unmap.iova());
        new VfioIommuType1DmaUnmap(unmap.argsz(), 0, unmap.iova(), size == null ? 0 : size)
            .encode(argument);
      }
      default -> throw Errno.ENOTTY.because("no container ioctl 0x%x", command);
    }
    return 0;
  }

  /** One range, 1 MiB to 1 MiB + 64 KiB - 1, told only if there is room. */
  private static void answerInfo(MemorySegment argument) {
    CapabilityChain chain =
        new CapabilityChain()
            .add(
                VfioHeader.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
                1,
                VfioIommuType1InfoCapIovaRange.SIZE + VfioIovaRange.SIZE,
                s -> {
                  s.set(ValueLayout.JAVA_INT_UNALIGNED, 8, 1);
                  new VfioIovaRange(1 << 20, (1 << 20) + 0xffff).encode(s, 16);
                });
    int needed = (int) (VfioIommuType1Info.SIZE + chain.byteSize());
    boolean fits = Args.argsz(argument) >= needed;
    new VfioIommuType1Info(
            fits ? (int) Args.argsz(argument) : needed,
            VfioHeader.VFIO_IOMMU_INFO_CAPS,
            0x1000,
            fits ? (int) VfioIommuType1Info.SIZE : 0,
            0)
        .encode(argument);
    if (fits) {
      chain.copyInto(argument, VfioIommuType1Info.SIZE);
    }
  }

  private long deviceIoctl(int command, MemorySegment argument) {
    switch (command) {
      case VfioHeader.VFIO_DEVICE_GET_REGION_INFO ->
          new VfioRegionInfo(
                  (int) Args.argsz(argument),
                  VfioHeader.VFIO_REGION_INFO_FLAG_READ,
                  VfioRegionInfo.decode(argument).index(),
                  0,
                  REGION_SIZE,
                  REGION_OFFSET)
              .encode(argument);
      case VfioHeader.VFIO_DEVICE_SET_IRQS -> {
        VfioIrqSet set = VfioIrqSet.decode(argument);
        if (set.count() == 0) {
          wired.clear();
        } else if ((set.flags() & VfioHeader.VFIO_IRQ_SET_DATA_EVENTFD) != 0) {
          for (int i = 0; i < set.count(); i++) {
            int fd = Args.u32(argument, VfioIrqSet.OFFSET_DATA + (long) Integer.BYTES * i);
            wired.add((EventFd) get(fd));
          }
        } else {
          wired.get(set.start()).signal();
        }
      }
      default -> throw Errno.ENOTTY.because("no device ioctl 0x%x", command);
    }
    return 0;
  }

  private int transfer(MemorySegment buffer, long offset, LongFunction<Void> byByte) {
    long at = offset - REGION_OFFSET;
    int count = (int) Math.min(buffer.byteSize(), REGION_SIZE - at);
    for (long i = 0; i < count; i++) {
      byByte.apply(i);
    }
    return count;
  }

  @Override
  public int pread(int fd, MemorySegment buffer, long offset) {
    int at = (int) (offset - REGION_OFFSET);
    return transfer(
        buffer,
        offset,
        i -> {
          buffer.set(ValueLayout.JAVA_BYTE, i, registers[at + (int) i]);
          return null;
        });
  }

  @Override
  public int pwrite(int fd, MemorySegment buffer, long offset) {
    int at = (int) (offset - REGION_OFFSET);
    return transfer(
        buffer,
        offset,
        i -> {
          registers[at + (int) i] = buffer.get(ValueLayout.JAVA_BYTE, i);
          return null;
        });
  }

  @Override
  public VfioFile file(int fd) {
    get(fd);
    return new FakeFile(this, fd);
  }

  @Override
  public int open(String path, OpenMode mode) {
    return put(path.equals("/dev/vfio/vfio") ? "container" : "group");
  }

  @Override
  public int eventFd() {
    return put(new EventFd());
  }

  @Override
  public EventFd eventFd(int fd) {
    return (EventFd) get(fd);
  }

  @Override
  public void close(int fd) {
    get(fd);
    table.remove(fd);
  }

  @Override
  public void close() {
    closed = true;
    table.clear();
    memory.close();
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public AddressSpace memory() {
    return memory;
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of();
  }

  @Override
  public void drop(Capability capability) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int dup(int fd) {
    return put(get(fd));
  }

  @Override
  public int read(int fd, MemorySegment buffer) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int write(int fd, MemorySegment buffer) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long lseek(int fd, long offset) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Mapping mmap(int fd, MmapRequest request) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int poll(int fd) {
    throw new UnsupportedOperationException();
  }

  @Override
  public VfioClient fork(String childName) {
    throw new UnsupportedOperationException();
  }
}
