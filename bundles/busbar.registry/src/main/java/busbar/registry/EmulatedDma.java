package busbar.registry;

import busbar.api.Errno;
import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;

/** How an emulated device reaches its container's memory: {@code vfio_pin_pages} and its kin. */
final class EmulatedDma {
  /** As many as fit a page of the kernel's array. */
  private static final int MAX_PAGES = (int) AddressSpace.PAGE / Long.BYTES;

  private EmulatedDma() {}

  static MemorySegment[] pin(DeviceObject device, long iova, int pages, Access access) {
    Attachment attachment = check(device, pages);
    long[] physical = attachment.pinPages(device.iommuGroup(), iova, pages, access);
    if (physical == null || physical.length != pages) {
      throw Faults.lie(
          attachment.backend().toString(), "asked to pin " + pages + " pages", "another number");
    }
    MemorySegment[] segments = new MemorySegment[pages];
    for (int i = 0; i < pages; i++) {
      segments[i] = page(device.physicalMemory(), physical[i]);
    }
    return segments;
  }

  private static MemorySegment page(PhysicalMemory memory, long physical) {
    MemorySegment block = memory.segment(physical);
    if (block == null) {
      throw Errno.EFAULT.because("no client memory lies at physical address 0x%x", physical);
    }
    return block.asSlice(PhysicalMemory.offset(physical), AddressSpace.PAGE);
  }

  static void unpin(DeviceObject device, long iova, int pages) {
    check(device, pages).unpinPages(iova, pages);
  }

  private static Attachment check(DeviceObject device, int pages) {
    if (pages <= 0) {
      throw Errno.EINVAL.because("%s pins or unpins %d pages", device.name(), pages);
    }
    Attachment attachment = device.openAttachment();
    if (!device.binding().takesUnmaps()) {
      throw Errno.EINVAL.because(
          "%s cannot let pages of %s go when the user unmaps them",
          device.binding().who(), device.name());
    }
    if (pages > MAX_PAGES) {
      throw Errno.E2BIG.because("%d pages at once, %d are possible", pages, MAX_PAGES);
    }
    return attachment;
  }

  static void copy(DeviceObject device, long iova, MemorySegment buffer, Access access) {
    if (buffer.byteSize() == 0) {
      throw Errno.EINVAL.because("%s copies nothing", device.name());
    }
    device.openAttachment().dmaRw(iova, buffer, access);
  }
}
