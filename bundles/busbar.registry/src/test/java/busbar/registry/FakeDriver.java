package busbar.registry;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.memory.MemoryFaultException;
import busbar.api.memory.MmioWindow;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A bus driver that keeps a diary, and checks that it is never called outside of open and release.
 * Its devices are 64 bytes of memory.
 */
class FakeDriver implements VfioBusDriver<FakeDriver.Data> {
  /** One device. */
  static final class Data {
    final BusDevice device;
    final VfioDevice vfio;
    final byte[] bytes = new byte[64];
    final AtomicInteger inside = new AtomicInteger();
    volatile boolean open;
    volatile boolean removed;
    volatile boolean decoding = true;

    Data(BusDevice device, VfioDevice vfio) {
      this.device = device;
      this.vfio = vfio;
    }
  }

  final List<String> diary = new CopyOnWriteArrayList<>();
  final List<String> violations = new CopyOnWriteArrayList<>();
  final Map<String, Data> devices = new ConcurrentHashMap<>();
  private final String name;
  private final String bus;
  volatile int bid;
  volatile Errno probeError;
  volatile Errno openError;
  volatile Consumer<Data> onOpen = data -> {};
  volatile Consumer<Data> onRead = data -> {};
  volatile Consumer<Data> onIoctl = data -> {};

  FakeDriver(String name, String bus, int bid) {
    this.name = name;
    this.bus = bus;
    this.bid = bid;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String bus() {
    return bus;
  }

  @Override
  public int bid(BusDevice device) {
    return bid;
  }

  @Override
  public Data probe(BusDevice device, VfioDevice vfio) {
    if (probeError != null) {
      throw probeError.because("%s refuses %s", name, device.name());
    }
    Data data = new Data(device, vfio);
    if (devices.put(device.name(), data) != null) {
      violations.add("two probes of " + device.name());
    }
    diary.add("probe " + device.name());
    return data;
  }

  @Override
  public void remove(Data data) {
    if (data.open || data.removed) {
      violations.add("remove of " + data.device.name() + " while open or removed");
    }
    data.removed = true;
    devices.remove(data.device.name(), data);
    diary.add("remove " + data.device.name());
  }

  @Override
  public void open(Data data, Caller caller) {
    if (data.open || data.removed) {
      violations.add("open of " + data.device.name() + " while open or removed");
    }
    if (openError != null) {
      throw openError.because("%s does not open %s", name, data.device.name());
    }
    onOpen.accept(data);
    data.open = true;
    diary.add("open " + data.device.name());
  }

  @Override
  public void release(Data data) {
    if (!data.open || data.inside.get() != 0) {
      violations.add("release of " + data.device.name() + " while closed or busy");
    }
    data.open = false;
    diary.add("release " + data.device.name());
  }

  private int transfer(Data data, MemorySegment buffer, long offset, boolean reading) {
    data.inside.incrementAndGet();
    try {
      if (!data.open) {
        violations.add("access to closed " + data.device.name());
      }
      onRead.accept(data);
      if (offset >= data.bytes.length) {
        throw Errno.EINVAL.because("offset %d is beyond the device", offset);
      }
      int size = (int) Math.min(buffer.byteSize(), data.bytes.length - offset);
      if (reading) {
        MemorySegment.copy(data.bytes, (int) offset, buffer, ValueLayout.JAVA_BYTE, 0, size);
      } else {
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, data.bytes, (int) offset, size);
      }
      return size;
    } finally {
      data.inside.decrementAndGet();
    }
  }

  @Override
  public int read(Data data, Caller caller, MemorySegment buffer, long offset) {
    return transfer(data, buffer, offset, true);
  }

  @Override
  public int write(Data data, Caller caller, MemorySegment buffer, long offset) {
    return transfer(data, buffer, offset, false);
  }

  @Override
  public long ioctl(Data data, Caller caller, int command, MemorySegment argument) {
    onIoctl.accept(data);
    if (command == VfioHeader.VFIO_DEVICE_RESET) {
      return 0;
    }
    throw Errno.ENOTTY.because("%s has no ioctl 0x%x", name, command);
  }

  @Override
  public MappedRegion mmap(Data data, Caller caller, MmapRequest request) {
    MmioWindow window = new Bytes(data);
    return new MappedRegion() {
      @Override
      public MmioWindow fault(long offset) {
        if (!data.decoding) {
          throw MemoryFaultException.busError("%s does not decode", data.device.name());
        }
        return window;
      }

      @Override
      public long windowOffset(long offset) {
        return offset;
      }
    };
  }

  /** The device's bytes as registers. */
  private record Bytes(Data data) implements MmioWindow {
    @Override
    public long physical() {
      return 0x1000_0000;
    }

    @Override
    public long size() {
      return 4096;
    }

    @Override
    public long load(long offset, int width) {
      return data.bytes[(int) offset];
    }

    @Override
    public void store(long offset, int width, long value) {
      data.bytes[(int) offset] = (byte) value;
    }
  }

  @Override
  public void request(Data data, int count) {
    diary.add("request " + data.device.name() + " " + count);
  }
}
