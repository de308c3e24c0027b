package busbar.model.mbochs;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_FLAGS_PCI;
import static busbar.uapi.VfioHeader.VFIO_GFX_PLANE_TYPE_DMABUF;
import static busbar.uapi.VfioHeader.VFIO_GFX_PLANE_TYPE_PROBE;
import static busbar.uapi.VfioHeader.VFIO_PCI_BAR0_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_BAR2_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_IRQS;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_REGIONS;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_CAP_TYPE;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_CAPS;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_MMAP;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_WRITE;
import static busbar.uapi.VfioHeader.VFIO_REGION_SUBTYPE_GFX_EDID;
import static busbar.uapi.VfioHeader.VFIO_REGION_TYPE_GFX;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.client.MmapRequest;
import busbar.api.device.MappedRegion;
import busbar.api.mdev.NaturalAccess;
import busbar.api.memory.MemoryWindow;
import busbar.api.memory.MmioWindow;
import busbar.api.memory.PhysicalMemory;
import busbar.api.state.StateRecord;
import busbar.model.mbochs.Planes.Plane;
import busbar.model.mbochs.VbeRegisters.Mode;
import busbar.uapi.CapabilityChain;
import busbar.uapi.VfioDeviceGfxPlaneInfo;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioIrqInfo;
import busbar.uapi.VfioRegionInfo;
import busbar.uapi.VfioRegionInfoCapType;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One display. Its device file has configuration space, registers, EDID and video memory one after
 * the other, a page each for all but the last. Any thread.
 */
final class Mbochs implements NaturalAccess.Load, NaturalAccess.Store, MappedRegion {
  static final String STATE_KIND = "mbochs";
  static final int STATE_VERSION = 1;
  private static final int PAGE = 4096;
  private static final long REGISTERS = PAGE;
  private static final long EDID = REGISTERS + PAGE;
  private static final long MEMORY = EDID + PAGE;
  private static final int EDID_REGION = VFIO_PCI_NUM_REGIONS;
  private static final int NUM_REGIONS = EDID_REGION + 1;
  private static final int RW = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

  private static final int VBE_FIRST = 0x500;
  private static final int VBE_LAST = 0x515;
  private static final int PRIMARY_PLANE = 1;

  private final Object opsLock = new Object();
  private final Model model;
  private final String uuid;
  private final VideoMemory memory;

  // guarded by opsLock
  private final BochsConfigSpace config;
  private final VbeRegisters vbe;
  private final Edid edid;
  private Planes planes = new Planes();

  Mbochs(String uuid, Model model, PhysicalMemory physicalMemory) {
    this.uuid = uuid;
    this.model = model;
    this.memory = new VideoMemory(physicalMemory, model.memorySize());
    this.config = new BochsConfigSpace(model.memorySize(), PAGE);
    this.vbe = new VbeRegisters(model.memorySize());
    this.edid = new Edid(model.maxWidth(), model.maxHeight());
  }

  Model model() {
    return model;
  }

  void reset() {
    synchronized (opsLock) {
      vbe.reset();
    }
  }

  /** The last user closed: what he drew is gone, what he set stays. */
  void close() {
    synchronized (opsLock) {
      planes.clear();
    }
    memory.drop();
  }

  /** All that a successor of the driver needs; the memory itself is handed over, not a copy. */
  StateRecord save() {
    Map<String, Object> values = new HashMap<>();
    values.put("model", model.name());
    synchronized (opsLock) {
      values.put("config", config.image());
      values.put("registers", vbe.image());
      values.put("edid", edid.image());
      values.put("planes", planes.save());
    }
    memory
        .used()
        .ifPresent(
            window -> {
              values.put("memory", window.memory());
              values.put("physical", window.physical());
            });
    return new StateRecord(STATE_KIND, STATE_VERSION, values);
  }

  /** Takes over from {@link #save}; {@code EINVAL} and unchanged if the record does not fit. */
  void restore(StateRecord record) {
    StateRecord state = record.expect(STATE_KIND, STATE_VERSION);
    byte[] configImage = state.get("config", byte[].class);
    long[] registers = state.get("registers", long[].class);
    byte[] edidImage = state.get("edid", byte[].class);
    VbeRegisters.check(registers);
    if (state.choice("model", Model.class) != model
        || configImage.length != BochsConfigSpace.SIZE
        || edidImage.length != Edid.IMAGE_SIZE) {
      throw Errno.EINVAL.because("the state is not that of %s, a display %s", uuid, model);
    }
    Planes known = Planes.of(state.get("planes", StateRecord.class));
    MemoryWindow inherited =
        state
            .optional("memory", MemorySegment.class)
            .map(segment -> memory.check(state.number("physical"), segment))
            .orElse(null);
    synchronized (opsLock) {
      config.restore(configImage);
      vbe.restore(registers);
      edid.restore(edidImage);
      planes = known;
    }
    if (inherited != null) {
      memory.inherit(inherited);
    }
  }

  /** The successor has the memory. */
  void forget() {
    memory.forget();
  }

  @Override
  public int load(long position, int width) {
    synchronized (opsLock) {
      if (position >= 0 && position < BochsConfigSpace.SIZE) {
        return config.read((int) position, width);
      } else if (lies(position, width, REGISTERS, PAGE)) {
        return readRegister((int) (position - REGISTERS), width);
      } else if (lies(position, width, EDID, PAGE)) {
        return edid.read((int) (position - EDID), width);
      }
    }
    return (int) memory.window().load(placeInMemory(position, width), width);
  }

  @Override
  public void store(long position, int width, int value) {
    synchronized (opsLock) {
      if (position >= 0 && position < BochsConfigSpace.SIZE) {
        config.write((int) position, value);
        return;
      } else if (lies(position, width, REGISTERS, PAGE)) {
        writeRegister((int) (position - REGISTERS), width, value);
        return;
      } else if (lies(position, width, EDID, PAGE)) {
        edid.write((int) (position - EDID), width, value);
        return;
      }
    }
    memory.window().store(placeInMemory(position, width), width, value);
  }

  private static boolean lies(long position, int width, long start, long size) {
    return position >= start && position <= start + size - width;
  }

  /**
   * Where an access through the device file reaches video memory: as the sample has it, two pages
   * further than a mapping, because it counts from the registers.
   */
  private long placeInMemory(long position, int width) {
    long place = position - REGISTERS;
    if (!lies(position, width, MEMORY, memory.size()) || place > memory.size() - width) {
      throw Errno.EFAULT.because("0x%x lies in no region of %s", position, uuid);
    }
    return place;
  }

  /** The EDID below 0x400, the display interface in accesses of its own width, else 0. */
  private int readRegister(int offset, int width) {
    if (offset < Edid.MAX_SIZE) {
      return edid.readByGuest(offset, width);
    }
    return isVbe(offset, width) ? vbe.read((offset - VBE_FIRST) / Short.BYTES) : 0;
  }

  private void writeRegister(int offset, int width, int value) {
    if (isVbe(offset, width)) {
      vbe.write((offset - VBE_FIRST) / Short.BYTES, value);
    }
  }

  private static boolean isVbe(int offset, int width) {
    return offset >= VBE_FIRST && offset <= VBE_LAST && width == Short.BYTES;
  }

  /** Maps video memory, always from its start. */
  MappedRegion map(MmapRequest request) {
    long length = request.length() + PAGE - 1 & -PAGE;
    if (request.offset() != MEMORY
        || length > memory.size()
        || request.sharing() != MmapRequest.Sharing.SHARED) {
      throw Errno.EINVAL.because(
          "%s can be mapped shared from 0x%x on for 0x%x bytes, not %s from 0x%x for 0x%x",
          uuid, MEMORY, memory.size(), request.sharing(), request.offset(), request.length());
    }
    return this;
  }

  @Override
  public MmioWindow fault(long offset) {
    return memory.window();
  }

  @Override
  public long windowOffset(long offset) {
    return offset;
  }

  void deviceInfo(MemorySegment argument) {
    Args.sized(argument, VfioDeviceInfo.MIN_ARGSZ);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_FLAGS, VFIO_DEVICE_FLAGS_PCI);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_REGIONS, NUM_REGIONS);
    Args.putU32(argument, VfioDeviceInfo.OFFSET_NUM_IRQS, VFIO_PCI_NUM_IRQS);
  }

  void regionInfo(MemorySegment argument) {
    VfioRegionInfo asked = VfioRegionInfo.decode(Args.sized(argument, VfioRegionInfo.MIN_ARGSZ));
    int index = asked.index();
    if (Integer.compareUnsigned(index, NUM_REGIONS) >= 0) {
      throw Errno.EINVAL.because("%s has no region %d", uuid, Integer.toUnsignedLong(index));
    }
    MemorySegment answer =
        switch (index) {
          case VFIO_PCI_CONFIG_REGION_INDEX -> region(asked, RW, BochsConfigSpace.SIZE, 0);
          case VFIO_PCI_BAR0_REGION_INDEX ->
              region(asked, RW | VFIO_REGION_INFO_FLAG_MMAP, memory.size(), MEMORY);
          case VFIO_PCI_BAR2_REGION_INDEX -> region(asked, RW, PAGE, REGISTERS);
          case EDID_REGION -> edidRegion(asked);
          default -> region(asked, 0, 0, 0);
        };
    Args.copyOut(argument, answer);
  }

  private static MemorySegment region(VfioRegionInfo asked, int flags, long size, long offset) {
    MemorySegment answer = MemorySegment.ofArray(new byte[(int) VfioRegionInfo.SIZE]);
    new VfioRegionInfo(asked.argsz(), flags, asked.index(), asked.capOffset(), size, offset)
        .encode(answer);
    return answer;
  }

  /** The EDID region says by a capability what it is, if the caller has room for it. */
  private static MemorySegment edidRegion(VfioRegionInfo asked) {
    CapabilityChain chain = new CapabilityChain();
    chain.add(VFIO_REGION_INFO_CAP_TYPE, 1, VfioRegionInfoCapType.SIZE, Mbochs::edidType);
    long needed = VfioRegionInfo.SIZE + chain.byteSize();
    boolean fits = Integer.toUnsignedLong(asked.argsz()) >= needed;
    long size = fits ? needed : VfioRegionInfo.SIZE;
    MemorySegment answer = MemorySegment.ofArray(new byte[(int) size]);
    int capOffset = 0;
    if (fits) {
      capOffset = (int) VfioRegionInfo.SIZE;
      chain.copyInto(answer, capOffset);
    }
    int argsz = fits ? asked.argsz() : (int) needed;
    int flags = RW | VFIO_REGION_INFO_FLAG_CAPS;
    new VfioRegionInfo(argsz, flags, asked.index(), capOffset, PAGE, EDID).encode(answer);
    return answer;
  }

  private static void edidType(MemorySegment capability) {
    Args.putU32(capability, VfioRegionInfoCapType.OFFSET_TYPE, VFIO_REGION_TYPE_GFX);
    Args.putU32(capability, VfioRegionInfoCapType.OFFSET_SUBTYPE, VFIO_REGION_SUBTYPE_GFX_EDID);
  }

  void irqInfo(MemorySegment argument) {
    int index = VfioIrqInfo.decode(Args.sized(argument, VfioIrqInfo.MIN_ARGSZ)).index();
    if (Integer.compareUnsigned(index, VFIO_PCI_NUM_IRQS) >= 0) {
      throw Errno.EINVAL.because(
          "%s has no interrupt index %d", uuid, Integer.toUnsignedLong(index));
    }
    Args.putU32(argument, VfioIrqInfo.OFFSET_COUNT, 0);
  }

  /** The primary plane as a dma-buf; without a picture all is 0. */
  void queryPlane(MemorySegment argument) {
    Args.sized(argument, VfioDeviceGfxPlaneInfo.MIN_ARGSZ);
    int flags = Args.u32(argument, VfioDeviceGfxPlaneInfo.OFFSET_FLAGS);
    if (flags == (VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_DMABUF)) {
      return;
    }
    if (flags != VFIO_GFX_PLANE_TYPE_DMABUF) {
      throw Errno.EINVAL.because("%s shows its plane as a dma-buf, not as 0x%x asks", uuid, flags);
    }
    int type = Args.u32(argument, VfioDeviceGfxPlaneInfo.OFFSET_DRM_PLANE_TYPE);
    Optional<Plane> shown = type == PRIMARY_PLANE ? shownPlane() : Optional.empty();
    MemorySegment plane = MemorySegment.ofArray(new byte[VfioDeviceGfxPlaneInfo.MIN_ARGSZ]);
    plane.copyFrom(argument.asSlice(0, VfioDeviceGfxPlaneInfo.MIN_ARGSZ));
    plane.asSlice(VfioDeviceGfxPlaneInfo.OFFSET_DRM_FORMAT).fill((byte) 0);
    if (shown.isPresent()) {
      Mode mode = shown.get().mode();
      Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_DRM_FORMAT, Planes.DRM_FORMAT);
      Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_WIDTH, mode.width());
      Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_HEIGHT, mode.height());
      Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_STRIDE, mode.stride());
      Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_SIZE, (int) mode.size());
      Args.putU32(plane, VfioDeviceGfxPlaneInfo.OFFSET_DMABUF_ID, shown.get().id());
    }
    Args.copyOut(argument, plane);
  }

  /**
   * The plane of the picture that is shown. As in the sample, the query that first sees a picture
   * makes the plane and fails for want of it ({@code ENOMEM}); the next one finds it.
   */
  private Optional<Plane> shownPlane() {
    synchronized (opsLock) {
      Optional<Mode> mode = vbe.mode();
      Optional<Plane> known = mode.flatMap(planes::known);
      if (mode.isPresent() && known.isEmpty()) {
        planes.add(mode.get());
        throw Errno.ENOMEM.because("%s shows a new picture: ask again", uuid);
      }
      return known;
    }
  }

  /** The dma-buf of a plane that {@link #queryPlane} told of. */
  FileOps dmaBuf(MemorySegment argument) {
    int id = Args.u32(argument, 0);
    synchronized (opsLock) {
      return planes.dmaBuf(id);
    }
  }
}
