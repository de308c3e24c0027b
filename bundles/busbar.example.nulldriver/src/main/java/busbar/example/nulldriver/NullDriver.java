package busbar.example.nulldriver;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_PLATFORM;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_WRITE;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.bus.BusDevice;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import org.osgi.service.component.annotations.Component;

/**
 * The smallest complete bus driver: whatever device it is bound to, it shows one region of 4 KiB
 * that remembers what is written to it, and a reset that forgets it. It touches no hardware.
 *
 * <p>It bids for nothing: {@code vfio override DEVICE null} and {@code vfio bind DEVICE null} give
 * it a device.
 */
@Component(service = VfioBusDriver.class, property = VfioBusDriver.BUS + "=platform")
public final class NullDriver implements VfioBusDriver<NullDriver.Scratch> {
  private static final int REGION_SIZE = 4096;

  /** What the driver knows of one device. The lock guards the bytes. */
  static final class Scratch {
    final MemorySegment bytes = MemorySegment.ofArray(new byte[REGION_SIZE]);
  }

  @Override
  public String name() {
    return "null";
  }

  @Override
  public String bus() {
    return "platform";
  }

  @Override
  public int bid(BusDevice device) {
    return 0;
  }

  @Override
  public Scratch probe(BusDevice device, VfioDevice vfio) {
    return new Scratch();
  }

  @Override
  public void remove(Scratch device) {}

  @Override
  public void open(Scratch device, Caller caller) {
    reset(device);
  }

  @Override
  public void release(Scratch device) {}

  @Override
  public int read(Scratch device, Caller caller, MemorySegment buffer, long offset) {
    int count = clip(buffer, offset);
    synchronized (device) {
      MemorySegment.copy(device.bytes, offset, buffer, 0, count);
    }
    return count;
  }

  @Override
  public int write(Scratch device, Caller caller, MemorySegment buffer, long offset) {
    int count = clip(buffer, offset);
    synchronized (device) {
      MemorySegment.copy(buffer, 0, device.bytes, offset, count);
    }
    return count;
  }

  @Override
  public long ioctl(Scratch device, Caller caller, int command, MemorySegment argument) {
    switch (command) {
      case VFIO_DEVICE_GET_INFO -> deviceInfo(argument);
      case VFIO_DEVICE_GET_REGION_INFO -> regionInfo(argument);
      case VFIO_DEVICE_RESET -> reset(device);
      default -> throw Errno.ENOTTY.because("the null driver has no ioctl 0x%x", command);
    }
    return 0;
  }

  private static void deviceInfo(MemorySegment argument) {
    Args.sized(argument, VfioDeviceInfo.MIN_ARGSZ);
    int flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PLATFORM;
    Args.putU32(argument, VfioDeviceInfo.OFFSET_FLAGS, flags);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_REGIONS, 1);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_IRQS, 0);
  }

  private static void regionInfo(MemorySegment argument) {
    Args.sized(argument, VfioRegionInfo.MIN_ARGSZ);
    int index = Args.u32(argument, VfioRegionInfo.OFFSET_INDEX);
    if (index != 0) {
      throw Errno.EINVAL.because("the null driver has region 0 only, not %d", index);
    }
    int flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
    new VfioRegionInfo((int) Args.argsz(argument), flags, 0, 0, REGION_SIZE, 0).encode(argument);
  }

  private static void reset(Scratch device) {
    synchronized (device) {
      device.bytes.fill((byte) 0);
    }
  }

  private static int clip(MemorySegment buffer, long offset) {
    if (offset < 0 || offset >= REGION_SIZE) {
      throw Errno.EINVAL.because("offset 0x%x is beyond the region of 4 KiB", offset);
    }
    return (int) Math.min(buffer.byteSize(), REGION_SIZE - offset);
  }
}
