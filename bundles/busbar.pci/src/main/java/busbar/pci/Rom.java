package busbar.pci;

import static busbar.pci.PciRegs.PCI_COMMAND_MEMORY;

import busbar.api.Errno;
import busbar.api.memory.MmioWindow;
import busbar.api.pci.PciResource;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The option ROM of an open device; it can be read only. */
final class Rom {
  /** {@code IORESOURCE_ROM_SHADOW}: a copy in ordinary memory, which needs no decoding. */
  private static final long SHADOW = 0x2;

  private static final int WIDEST = 4;

  private final PciCoreDevice core;
  private final Optional<PciResource> resource;

  /**
   * @param resource what the host assigned to it
   */
  Rom(PciCoreDevice core, Optional<PciResource> resource) {
    this.core = core;
    this.resource = resource;
  }

  /** The size of its BAR, or that of a ROM that the platform provides; 0 if there is none. */
  private long barSize() {
    return resource
        .map(PciResource::size)
        .orElseGet(() -> core.device.rom().map(rom -> powerOfTwo(rom.size())).orElse(0L));
  }

  private static long powerOfTwo(long size) {
    return size <= 1 ? size : Long.highestOneBit(size - 1) << 1;
  }

  /** What the region has: the BAR's size if the contents are a ROM, else 0. */
  long regionSize() {
    if (resource.isEmpty()) {
      return barSize();
    }
    boolean[] valid = new boolean[1];
    core.memory.decoding(() -> valid[0] = core.device.rom().isPresent());
    return valid[0] ? barSize() : 0;
  }

  /**
   * Reads; beyond the image all ones.
   *
   * @throws busbar.api.VfioException {@code EINVAL} beyond the BAR, {@code ENOMEM} if there is no
   *     image or memory decoding is off, {@code EIO} if the function sleeps
   */
  int read(MemorySegment buffer, long position) {
    long end = barSize();
    if (position >= end) {
      throw Errno.EINVAL.because(
          "0x%x is beyond the ROM of %s, which has 0x%x bytes", position, core.name(), end);
    }
    int count = (int) Math.min(Math.min(buffer.byteSize(), Integer.MAX_VALUE), end - position);
    MmioWindow image = image();
    for (int done = 0; done < count; ) {
      long at = position + done;
      if (at >= image.size()) {
        buffer.asSlice(done, count - done).fill((byte) 0xff);
        break;
      }
      int width = Bars.alignedWidth(at, Math.min(count - done, image.size() - at), WIDEST);
      LittleEndian.put(buffer, done, width, load(image, at, width));
      done += width;
    }
    return count;
  }

  private MmioWindow image() {
    boolean needsDecoding = resource.isPresent() && (resource.get().flags() & SHADOW) == 0;
    if (needsDecoding && (core.command.read() & PCI_COMMAND_MEMORY) == 0) {
      throw Errno.ENOMEM.because(
          "memory decoding of %s is off, its ROM shows no image", core.name());
    }
    return core.device
        .rom()
        .orElseThrow(() -> Errno.ENOMEM.because("%s has no ROM image", core.name()));
  }

  private long load(MmioWindow image, long at, int width) {
    long stamp = core.memory.enter();
    try {
      if (resource.isPresent()) {
        core.memory.checkDecodes();
      }
      return image.load(at, width);
    } finally {
      core.memory.exit(stamp);
    }
  }
}
