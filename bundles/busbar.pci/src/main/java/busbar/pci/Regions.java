package busbar.pci;

import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_NUM_REGIONS;
import static busbar.uapi.VfioHeader.VFIO_PCI_ROM_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_PCI_VGA_REGION_INDEX;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_CAP_MSIX_MAPPABLE;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_CAPS;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_MMAP;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_REGION_INFO_FLAG_WRITE;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.client.MmapRequest;
import busbar.api.client.MmapRequest.Sharing;
import busbar.api.device.MappedRegion;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.MmioWindow;
import busbar.uapi.CapabilityChain;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The regions of an open device: where each lies in the file, what it is, and who serves it. */
final class Regions {
  /** A region's index stands above this bit of a file offset. */
  static final int SHIFT = 40;

  /** The bits of a file offset that count inside the region. */
  static final long MASK = (1L << SHIFT) - 1;

  private static final int READ_WRITE = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

  private final PciCoreDevice core;
  private final Bars bars;
  private final ConfigSpace config;
  private final Rom rom;
  private final Optional<Vga> vga;

  Regions(PciCoreDevice core, Bars bars, ConfigSpace config, Rom rom, Optional<Vga> vga) {
    this.core = core;
    this.bars = bars;
    this.config = config;
    this.rom = rom;
    this.vga = vga;
  }

  int read(MemorySegment buffer, long offset) {
    if (buffer.byteSize() == 0) {
      return 0;
    }
    int index = index(offset);
    long position = offset & MASK;
    if (index < VFIO_PCI_ROM_REGION_INDEX) {
      return bars.read(index, buffer, position);
    }
    return switch (index) {
      case VFIO_PCI_ROM_REGION_INDEX -> rom.read(buffer, position);
      case VFIO_PCI_CONFIG_REGION_INDEX -> config.read(buffer, position);
      default -> vga().read(buffer, position);
    };
  }

  int write(MemorySegment buffer, long offset) {
    if (buffer.byteSize() == 0) {
      return 0;
    }
    int index = index(offset);
    long position = offset & MASK;
    if (index < VFIO_PCI_ROM_REGION_INDEX) {
      return bars.write(index, buffer, position);
    }
    return switch (index) {
      case VFIO_PCI_ROM_REGION_INDEX ->
          throw Errno.EINVAL.because("the ROM of %s cannot be written", core.name());
      case VFIO_PCI_CONFIG_REGION_INDEX -> config.write(buffer, position);
      default -> vga().write(buffer, position);
    };
  }

  private int index(long offset) {
    long index = offset >>> SHIFT;
    if (index >= VFIO_PCI_NUM_REGIONS) {
      throw Errno.EINVAL.because("%s has no region %d", core.name(), index);
    }
    return (int) index;
  }

  private Vga vga() {
    return vga.orElseThrow(() -> Errno.EINVAL.because("%s has no legacy VGA region", core.name()));
  }

  /** {@code VFIO_DEVICE_GET_REGION_INFO}. */
  void info(MemorySegment argument) {
    VfioRegionInfo asked = VfioRegionInfo.decode(Args.sized(argument, VfioRegionInfo.MIN_ARGSZ));
    int index = asked.index();
    long size;
    int flags = 0;
    CapabilityChain capabilities = new CapabilityChain();
    switch (index) {
      case VFIO_PCI_CONFIG_REGION_INDEX -> {
        size = config.size();
        flags = READ_WRITE;
      }
      case VFIO_PCI_ROM_REGION_INDEX -> {
        size = rom.regionSize();
        flags = size == 0 ? 0 : VFIO_REGION_INFO_FLAG_READ;
      }
      case VFIO_PCI_VGA_REGION_INDEX -> {
        vga();
        size = Vga.REGION_SIZE;
        flags = READ_WRITE;
      }
      default -> {
        size = bars.size(barIndex(index));
        if (size != 0) {
          flags = READ_WRITE | (bars.isMappable(index) ? VFIO_REGION_INFO_FLAG_MMAP : 0);
        }
        if (bars.isMappable(index) && bars.msixTable().bar() == index) {
          capabilities.add(VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1);
        }
      }
    }
    answer(argument, asked, flags, size, capabilities);
  }

  private int barIndex(int index) {
    if (Integer.compareUnsigned(index, VFIO_PCI_ROM_REGION_INDEX) >= 0) {
      throw Errno.EINVAL.because(
          "%s has no region %s", core.name(), Integer.toUnsignedString(index));
    }
    return index;
  }

  private static void answer(
      MemorySegment argument,
      VfioRegionInfo asked,
      int flags,
      long size,
      CapabilityChain capabilities) {
    int argsz = asked.argsz();
    int capOffset = asked.capOffset();
    int allFlags = flags;
    if (!capabilities.isEmpty()) {
      allFlags |= VFIO_REGION_INFO_FLAG_CAPS;
      long needed = VfioRegionInfo.SIZE + capabilities.byteSize();
      if (Integer.toUnsignedLong(argsz) < needed) {
        argsz = (int) needed;
        capOffset = 0;
      } else {
        capabilities.copyInto(Args.struct(argument, needed), VfioRegionInfo.SIZE);
        capOffset = (int) VfioRegionInfo.SIZE;
      }
    }
    new VfioRegionInfo(
            argsz, allFlags, asked.index(), capOffset, size, (long) asked.index() << SHIFT)
        .encode(argument);
  }

  /**
   * {@code mmap}.
   *
   * @throws busbar.api.VfioException {@code EINVAL} for a private mapping, a region that cannot be
   *     mapped, or a range that is not inside it
   */
  MappedRegion map(MmapRequest request) {
    int index = index(request.offset());
    if (request.sharing() != Sharing.SHARED) {
      throw Errno.EINVAL.because("a BAR of %s can only be mapped shared", core.name());
    }
    if (index >= VFIO_PCI_ROM_REGION_INDEX || !bars.isMappable(index)) {
      throw Errno.EINVAL.because("region %d of %s cannot be mapped", index, core.name());
    }
    long start = request.offset() & MASK;
    long length = pages(request.length());
    if (start + length > pages(bars.size(index))) {
      throw Errno.EINVAL.because(
          "0x%x bytes at 0x%x are not inside BAR %d of %s, which has 0x%x bytes",
          length, start, index, core.name(), bars.size(index));
    }
    MmioWindow window = bars.window(index);
    return new MappedRegion() {
      @Override
      public MmioWindow fault(long offset) {
        core.memory.checkMapped();
        return window;
      }

      @Override
      public long windowOffset(long offset) {
        return start + offset;
      }
    };
  }

  private static long pages(long bytes) {
    return bytes + AddressSpace.PAGE - 1 & -AddressSpace.PAGE;
  }
}
