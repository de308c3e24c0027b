package busbar.model.mdpy;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_PCI;
import static busbar.uapi.VfioHeader.VFIO_GFX_PLANE_TYPE_PROBE;
import static busbar.uapi.VfioHeader.VFIO_GFX_PLANE_TYPE_REGION;
import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_IRQS;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_REGIONS;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_MMAP;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_WRITE;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.mdev.NaturalAccess;
import busbar.api.memory.MemoryWindow;
import busbar.api.memory.MmioWindow;
import busbar.api.memory.PhysicalMemory;
import busbar.api.state.StateRecord;
import busbar.uapi.VfioDeviceGfxPlaneInfo;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioIrqInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * One display: configuration space at 0 of the device file, the framebuffer at 4096. Any thread;
 * pictures are written without a lock, as through a mapping.
 */
final class Mdpy implements NaturalAccess.Load, NaturalAccess.Store, MappedRegion {
  static final String STATE_KIND = "mdpy";
  private static final long PAGE = 4096;
  private static final long FRAMEBUFFER = PAGE;

  /** The framebuffer once more, by the number that the plane query gives. */
  private static final int DISPLAY_REGION = 16;

  private static final int RW = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

  private final Object opsLock = new Object();
  private final PhysicalMemory physicalMemory;
  private final String uuid;
  private final Resolution resolution;

  // guarded by opsLock
  private final MdpyConfigSpace config;
  private int knownIrqs;

  /** Where the framebuffer is; {@code null} before a predecessor's comes, or a successor has it. */
  private volatile MemoryWindow framebuffer;

  /** Where the framebuffer comes from. */
  enum Origin {
    NEW,
    /** From a predecessor, with its state. */
    INHERITED
  }

  Mdpy(String uuid, Resolution resolution, PhysicalMemory physicalMemory, Origin origin) {
    this.uuid = uuid;
    this.resolution = resolution;
    this.physicalMemory = physicalMemory;
    this.config = new MdpyConfigSpace(resolution);
    if (origin == Origin.NEW) {
      // collected when nobody can reach it any more: a device may write to it after the removal
      MemorySegment memory = Arena.ofAuto().allocate(resolution.memorySize(), PAGE);
      this.framebuffer = new MemoryWindow(physicalMemory.add(memory), memory);
      reset();
    }
  }

  /** Paints the picture that it starts with: rows from black to white. */
  void reset() {
    MemorySegment memory = framebuffer.memory();
    for (int row = 0; row < resolution.height(); row++) {
      memory
          .asSlice((long) row * resolution.stride(), resolution.stride())
          .fill((byte) (row * 255 / resolution.height()));
    }
  }

  /** The display is gone, or its framebuffer is a successor's. */
  void drop() {
    MemoryWindow mine = framebuffer;
    if (mine != null) {
      physicalMemory.remove(mine.physical());
    }
  }

  /**
   * As the sample does it: through the device file only the first bytes of the framebuffer are
   * reached.
   */
  @Override
  public int load(long position, int width) {
    if (isConfig(position)) {
      synchronized (opsLock) {
        return config.read((int) position, width);
      }
    }
    checkFramebuffer(position, width);
    return (int) framebuffer.load(0, width);
  }

  @Override
  public void store(long position, int width, int value) {
    if (isConfig(position)) {
      synchronized (opsLock) {
        config.write((int) position, value);
      }
    } else {
      checkFramebuffer(position, width);
      framebuffer.store(0, width, value);
    }
  }

  private static boolean isConfig(long position) {
    return position >= 0 && position < MdpyConfigSpace.SIZE;
  }

  private void checkFramebuffer(long position, int width) {
    if (position < FRAMEBUFFER || position > FRAMEBUFFER + resolution.memorySize() - width) {
      throw Errno.EFAULT.because("0x%x lies in no region of %s", position, uuid);
    }
  }

  /** Maps the framebuffer, always from its start. */
  MappedRegion map(MmapRequest request) {
    long length = request.length() + PAGE - 1 & -PAGE;
    if (request.offset() != FRAMEBUFFER
        || length > resolution.memorySize()
        || request.sharing() != MmapRequest.Sharing.SHARED) {
      throw Errno.EINVAL.because(
          "%s can be mapped shared from 0x%x on for 0x%x bytes, not %s from 0x%x for 0x%x",
          uuid,
          FRAMEBUFFER,
          resolution.memorySize(),
          request.sharing(),
          request.offset(),
          request.length());
    }
    return this;
  }

  @Override
  public MmioWindow fault(long offset) {
    return framebuffer;
  }

  @Override
  public long windowOffset(long offset) {
    return offset;
  }

  void deviceInfo(MemorySegment argument) {
    Args.sized(argument, VfioDeviceInfo.MIN_ARGSZ);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_FLAGS, VFIO_DEVICE_FLAGS_PCI);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_REGIONS, VFIO_PCI_NUM_REGIONS);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_IRQS, VFIO_PCI_NUM_IRQS);
    synchronized (opsLock) {
      knownIrqs = VFIO_PCI_NUM_IRQS;
    }
  }

  void regionInfo(MemorySegment argument) {
    VfioRegionInfo asked = VfioRegionInfo.decode(Args.sized(argument, VfioRegionInfo.MIN_ARGSZ));
    int index = asked.index();
    if (Integer.compareUnsigned(index, VFIO_PCI_NUM_REGIONS) >= 0 && index != DISPLAY_REGION) {
      throw Errno.EINVAL.because("%s has no region %d", uuid, Integer.toUnsignedLong(index));
    }
    VfioRegionInfo info =
        switch (index) {
          case VFIO_PCI_CONFIG_REGION_INDEX -> region(asked, RW, MdpyConfigSpace.SIZE, 0);
          case VFIO_PCI_BAR0_REGION_INDEX, DISPLAY_REGION ->
              region(asked, RW | VFIO_REGION_INFO_FLAG_MMAP, resolution.memorySize(), FRAMEBUFFER);
          default -> region(asked, 0, 0, 0);
        };
    MemorySegment answer = MemorySegment.ofArray(new byte[(int) VfioRegionInfo.SIZE]);
    info.encode(answer);
    Args.copyOut(argument, answer);
  }

  private static VfioRegionInfo region(VfioRegionInfo asked, int flags, long size, long offset) {
    return new VfioRegionInfo(asked.argsz(), flags, asked.index(), asked.capOffset(), size, offset);
  }

  /** Interrupts there are none of, but their indexes are known once the device info was asked. */
  void irqInfo(MemorySegment argument) {
    int index = VfioIrqInfo.decode(Args.sized(argument, VfioIrqInfo.MIN_ARGSZ)).index();
    synchronized (opsLock) {
      if (Integer.compareUnsigned(index, knownIrqs) >= 0) {
        throw Errno.EINVAL.because(
            "%s knows of %d interrupt indexes, not of %d",
            uuid, knownIrqs, Integer.toUnsignedLong(index));
      }
    }
    Args.putU32(argument, VfioIrqInfo.OFFSET_COUNT, 0);
  }

  /** The one plane, which is the framebuffer region. */
  void queryPlane(MemorySegment argument) {
    Args.sized(argument, VfioDeviceGfxPlaneInfo.MIN_ARGSZ);
    int flags = Args.u32(argument, VfioDeviceGfxPlaneInfo.OFFSET_FLAGS);
    if (flags == (VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION)) {
      return;
    }
    if (flags != VFIO_GFX_PLANE_TYPE_REGION) {
      throw Errno.EINVAL.because("%s shows its plane as a region, not as 0x%x asks", uuid, flags);
    }
    MemorySegment plane = MemorySegment.ofArray(new byte[VfioDeviceGfxPlaneInfo.MIN_ARGSZ]);
    plane.copyFrom(argument.asSlice(0, VfioDeviceGfxPlaneInfo.MIN_ARGSZ));
    long from = VfioDeviceGfxPlaneInfo.OFFSET_DRM_FORMAT;
    plane.asSlice(from).fill((byte) 0);
    Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_DRM_FORMAT, Resolution.DRM_FORMAT);
    Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_WIDTH, resolution.width());
    Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_HEIGHT, resolution.height());
    Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_STRIDE, resolution.stride());
    Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_SIZE, resolution.memorySize());
    Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_REGION_INDEX, DISPLAY_REGION);
    Args.copyOut(argument, plane);
  }

  /**
   * All that a successor of the driver needs; the framebuffer itself is handed over, not a copy.
   */
  StateRecord save(int version) {
    synchronized (opsLock) {
      return new StateRecord(
          STATE_KIND,
          version,
          Map.of(
              "config", config.image(),
              "knownIrqs", (long) knownIrqs,
              "framebuffer", framebuffer.memory(),
              "physical", framebuffer.physical()));
    }
  }

  /** Takes over from {@link #save}; {@code EINVAL} and unchanged if the record does not fit. */
  void restore(StateRecord record, int newestVersion) {
    StateRecord state = record.expect(STATE_KIND, newestVersion);
    byte[] image = state.get("config", byte[].class);
    MemorySegment memory = state.get("framebuffer", MemorySegment.class);
    MemoryWindow inherited = new MemoryWindow(state.number("physical"), memory);
    long irqs = state.number("knownIrqs");
    MemorySegment block = physicalMemory.segment(inherited.physical());
    if (block == null
        || block.address() != memory.address()
        || irqs != 0 && irqs != VFIO_PCI_NUM_IRQS) {
      throw Errno.EINVAL.because(
          "no framebuffer is at 0x%x, or %d interrupt indexes are known",
          inherited.physical(), irqs);
    }
    if (image.length != MdpyConfigSpace.SIZE || memory.byteSize() != resolution.memorySize()) {
      throw Errno.EINVAL.because(
          "a framebuffer of %d bytes is not that of %s, a display of %s",
          memory.byteSize(), uuid, resolution);
    }
    drop();
    framebuffer = inherited;
    synchronized (opsLock) {
      config.restore(image);
      knownIrqs = (int) irqs;
    }
  }

  /** The successor has the framebuffer. */
  void forget() {
    framebuffer = null;
  }
}
