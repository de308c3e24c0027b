package busbar.platform;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_MMAP;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_WRITE;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.bus.BusDevice;
import busbar.api.client.MmapRequest;
import busbar.api.client.MmapRequest.Prot;
import busbar.api.client.MmapRequest.Sharing;
import busbar.api.device.MappedRegion;
import busbar.api.device.VfioBusDriver;
import busbar.api.device.VfioDevice;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.MmioWindow;
import busbar.api.platform.PlatformDevice;
import busbar.api.platform.PlatformReset;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioIrqInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the platform and the AMBA driver have in common: {@code vfio_platform_common.c}. The two
 * differ in their bus, their flag and whether a device must have a reset.
 */
abstract class PlatformCore
    implements VfioBusDriver<PlatformCoreDevice>, HandoverOps<PlatformCoreDevice> {
  private static final System.Logger LOG = System.getLogger("busbar.platform");
  private static final int REGION_SHIFT = 40;
  private static final long REGION_MASK = (1L << REGION_SHIFT) - 1;

  private final ResetHandlers resets = new ResetHandlers();

  /** {@code VFIO_DEVICE_FLAGS_PLATFORM} or {@code _AMBA}. */
  abstract int deviceFlag();

  /** Whether a device without a working reset is refused. */
  abstract boolean isResetRequired();

  final void addReset(PlatformReset reset) {
    resets.add(reset);
  }

  final void removeReset(PlatformReset reset) {
    resets.remove(reset);
  }

  final void keepResets() {
    resets.keep();
  }

  @Override
  public int bid(BusDevice device) {
    return 0;
  }

  @Override
  public PlatformCoreDevice probe(BusDevice device, VfioDevice vfio) {
    if (!(device instanceof PlatformDevice platform)) {
      throw Errno.EINVAL.because("%s is no platform device", device.name());
    }
    if (platform.compatible().isEmpty()) {
      throw Errno.EINVAL.because("%s has no compatible string", device.name());
    }
    // one that is in use was found to have a reset when it was bound
    if (!vfio.isTakenOver() && isResetRequired() && resets.of(platform).isEmpty()) {
      throw Errno.ENOENT.because(
          "no reset handler serves %s (%s), and reset_required is on",
          device.name(), platform.compatible().getFirst());
    }
    return new PlatformCoreDevice(platform, vfio);
  }

  @Override
  public void remove(PlatformCoreDevice device) {}

  @Override
  public void open(PlatformCoreDevice device, Caller caller) {
    device.irqs.forEach(PlatformIrq::request);
    device.device.resume();
    try {
      reset(device);
    } catch (VfioException e) {
      if (isResetRequired()) {
        device.irqs.forEach(PlatformIrq::free);
        device.device.suspend();
        throw e;
      }
    }
  }

  @Override
  public void release(PlatformCoreDevice device) {
    if (resets.of(device.device).isPresent()) {
      try {
        reset(device);
      } catch (RuntimeException e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "reset of {0} at close: {1}",
            device.vfio.name(),
            e.getMessage());
      }
    }
    device.device.suspend();
    device.irqs.forEach(PlatformIrq::free);
  }

  @Override
  public int read(PlatformCoreDevice device, Caller caller, MemorySegment buffer, long offset) {
    return region(device, offset, VFIO_REGION_INFO_FLAG_READ).read(buffer, offset & REGION_MASK);
  }

  @Override
  public int write(PlatformCoreDevice device, Caller caller, MemorySegment buffer, long offset) {
    return region(device, offset, VFIO_REGION_INFO_FLAG_WRITE).write(buffer, offset & REGION_MASK);
  }

  private static PlatformRegion region(PlatformCoreDevice device, long offset, int flag) {
    long index = offset >>> REGION_SHIFT;
    if (index >= device.regions.size()) {
      throw Errno.EINVAL.because("%s has no region %d", device.vfio.name(), index);
    }
    PlatformRegion region = device.regions.get((int) index);
    if (!region.has(flag)) {
      throw Errno.EINVAL.because(
          "region %d of %s does not allow that access", index, device.vfio.name());
    }
    return region;
  }

  @Override
  public long ioctl(PlatformCoreDevice device, Caller caller, int command, MemorySegment argument) {
    switch (command) {
      case VFIO_DEVICE_GET_INFO -> deviceInfo(device, argument);
      case VFIO_DEVICE_GET_REGION_INFO -> regionInfo(device, argument);
      case VFIO_DEVICE_GET_IRQ_INFO -> irqInfo(device, argument);
      case VFIO_DEVICE_SET_IRQS -> SetIrqs.run(device, caller, argument);
      case VFIO_DEVICE_RESET -> reset(device);
      default -> throw Errno.ENOTTY.because("%s has no ioctl 0x%x", name(), command);
    }
    return 0;
  }

  private void deviceInfo(PlatformCoreDevice device, MemorySegment argument) {
    Args.sized(argument, VfioDeviceInfo.MIN_ARGSZ);
    int flags = deviceFlag() | (resets.of(device.device).isPresent() ? VFIO_DEVICE_FLAGS_RESET : 0);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_FLAGS, flags);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_REGIONS, device.regions.size());
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_IRQS, device.irqs.size());
  }

  private static void regionInfo(PlatformCoreDevice device, MemorySegment argument) {
    Args.sized(argument, VfioRegionInfo.MIN_ARGSZ);
    int index = Args.u32(argument, VfioRegionInfo.OFFSET_INDEX);
    if (Integer.compareUnsigned(index, device.regions.size()) >= 0) {
      throw Errno.EINVAL.because(
          "%s has no region %s", device.vfio.name(), Integer.toUnsignedString(index));
    }
    PlatformRegion region = device.regions.get(index);
    int capOffset = Args.u32(argument, VfioRegionInfo.OFFSET_CAP_OFFSET);
    new VfioRegionInfo(
            (int) Args.argsz(argument),
            region.flags(),
            index,
            capOffset,
            region.size(),
            (long) index << REGION_SHIFT)
        .encode(argument);
  }

  private static void irqInfo(PlatformCoreDevice device, MemorySegment argument) {
    Args.sized(argument, VfioIrqInfo.MIN_ARGSZ);
    int index = Args.u32(argument, VfioIrqInfo.OFFSET_INDEX);
    if (Integer.compareUnsigned(index, device.irqs.size()) >= 0) {
      throw Errno.EINVAL.because(
          "%s has no interrupt %s", device.vfio.name(), Integer.toUnsignedString(index));
    }
    Args.putU32(argument, VfioIrqInfo.OFFSET_FLAGS, device.irqs.get(index).flags());
    Args.putU32(argument, VfioIrqInfo.OFFSET_COUNT, 1);
  }

  private void reset(PlatformCoreDevice device) {
    Optional<PlatformReset> reset = resets.of(device.device);
    if (reset.isEmpty()) {
      throw Errno.EINVAL.because(
          "no reset handler serves %s (%s)", device.vfio.name(), device.compatible());
    }
    reset.get().reset(device.device);
  }

  @Override
  public MappedRegion mmap(PlatformCoreDevice device, Caller caller, MmapRequest request) {
    if (request.sharing() != Sharing.SHARED) {
      throw Errno.EINVAL.because("registers of %s can only be mapped shared", device.vfio.name());
    }
    PlatformRegion region = region(device, request.offset(), VFIO_REGION_INFO_FLAG_MMAP);
    if (request.access().contains(Prot.WRITE) && !region.has(VFIO_REGION_INFO_FLAG_WRITE)) {
      throw Errno.EINVAL.because(
          "region %d of %s is read-only", region.index(), device.vfio.name());
    }
    long start = request.offset() & REGION_MASK;
    long length = request.length() + AddressSpace.PAGE - 1 & -AddressSpace.PAGE;
    if (region.size() < AddressSpace.PAGE || start > region.size() - length) {
      throw Errno.EINVAL.because(
          "0x%x bytes at 0x%x are not inside region %d of %s",
          length, start, region.index(), device.vfio.name());
    }
    return new MappedRegion() {
      @Override
      public MmioWindow fault(long offset) {
        return region.window();
      }

      @Override
      public long windowOffset(long offset) {
        return start + offset;
      }
    };
  }

  @Override
  public void request(PlatformCoreDevice device, int count) {
    if (count == 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} is wanted back; a platform device has no way to tell its user",
          device.vfio.name());
    }
  }

  @Override
  public String stateKind() {
    return name();
  }

  @Override
  public int stateVersion() {
    return 1;
  }

  @Override
  public StateRecord save(PlatformCoreDevice device) {
    device.irqs.forEach(PlatformIrq::stopListening);
    try {
      return new StateRecord(
          name(), 1, Map.of("irqs", device.irqs.stream().map(PlatformIrq::save).toList()));
    } catch (RuntimeException | Error e) {
      // nobody resumes it then
      resume(device);
      throw e;
    }
  }

  @Override
  public void restore(PlatformCoreDevice fresh, StateRecord state) {
    // everything is read before anything is taken over, so that a wrong record changes nothing
    List<PlatformIrq.Saved> saved =
        state.expect(name(), 1).list("irqs", StateRecord.class).stream()
            .map(PlatformIrq.Saved::of)
            .toList();
    if (saved.size() != fresh.irqs.size()) {
      throw Errno.EINVAL.because(
          "the state has %d interrupts, %s has %d",
          saved.size(), fresh.vfio.name(), fresh.irqs.size());
    }
    for (int i = 0; i < saved.size(); i++) {
      fresh.irqs.get(i).restore(saved.get(i));
    }
  }

  @Override
  public void resume(PlatformCoreDevice device) {
    device.irqs.forEach(PlatformIrq::resume);
  }

  @Override
  public void forget(PlatformCoreDevice device) {
    device.irqs.forEach(PlatformIrq::stopListening);
  }
}
