package busbar.type1;

import static busbar.uapi.VfioHeader.VFIO_IOMMU_INFO_CAPS;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_INFO_PGSIZES;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.uapi.CapabilityChain;
import busbar.uapi.VfioInfoCapHeader;
import busbar.uapi.VfioIommuType1Info;
import busbar.uapi.VfioIommuType1InfoCapIovaRange;
import busbar.uapi.VfioIommuType1InfoCapMigration;
import busbar.uapi.VfioIommuType1InfoDmaAvail;
import busbar.uapi.VfioIovaRange;
import java.lang.foreign.MemorySegment;

/** {@code VFIO_IOMMU_GET_INFO}: page sizes, and a chain of capabilities if there is room. */
final class Info {
  /** The chain fills it in; see {@link CapabilityChain#add}. */
  private static final VfioInfoCapHeader HEADER = new VfioInfoCapHeader(0, 0, 0);

  private Info() {}

  static long ioctl(Type1Iommu iommu, MemorySegment argument) {
    Args.sized(argument, VfioIommuType1Info.MIN_ARGSZ);
    long argsz = Args.argsz(argument);
    CapabilityChain chain;
    long pageSizes;
    iommu.lock.lock();
    try {
      chain = chain(iommu);
      pageSizes = iommu.pageSizes;
    } finally {
      iommu.lock.unlock();
    }
    long needed = VfioIommuType1Info.SIZE + chain.byteSize();
    int capOffset = 0;
    if (argsz >= needed) {
      capOffset = (int) VfioIommuType1Info.SIZE;
      MemorySegment whole = MemorySegment.ofArray(new byte[(int) needed]);
      chain.copyInto(whole, capOffset);
      copyOut(argument, capOffset, whole.asSlice(capOffset));
    }
    int flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
    MemorySegment info = MemorySegment.ofArray(new byte[(int) VfioIommuType1Info.SIZE]);
    new VfioIommuType1Info((int) Math.max(argsz, needed), flags, pageSizes, capOffset, 0)
        .encode(info);
    copyOut(argument, 0, info.asSlice(0, Math.min(argsz, info.byteSize())));
    return 0;
  }

  /** Copies as much as the argument's memory holds before it faults, as the kernel does. */
  private static void copyOut(MemorySegment argument, long at, MemorySegment bytes) {
    long room = argument.isReadOnly() ? 0 : Math.max(0, argument.byteSize() - at);
    long copied = Math.min(room, bytes.byteSize());
    if (copied > 0) {
      MemorySegment.copy(bytes, 0, argument, at, copied);
    }
    if (copied < bytes.byteSize()) {
      throw Errno.EFAULT.because(
          "the argument at 0x%x takes %d bytes at offset %d, %d are needed",
          argument.address(), room, at, bytes.byteSize());
    }
  }

  private static CapabilityChain chain(Type1Iommu iommu) {
    CapabilityChain chain = new CapabilityChain();
    chain.add(
        VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
        1,
        VfioIommuType1InfoCapMigration.SIZE,
        s ->
            new VfioIommuType1InfoCapMigration(
                    HEADER, 0, iommu.smallestPage(), DirtyPages.MAX_BITMAP_BYTES)
                .encode(s));
    chain.add(
        VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
        1,
        VfioIommuType1InfoDmaAvail.SIZE,
        s -> new VfioIommuType1InfoDmaAvail(HEADER, (int) iommu.available).encode(s));
    if (!iommu.iovas.isEmpty()) {
      IovaList iovas = iommu.iovas;
      chain.add(
          VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
          1,
          VfioIommuType1InfoCapIovaRange.SIZE + iovas.size() * VfioIovaRange.SIZE,
          s -> encodeRanges(iovas, s));
    }
    return chain;
  }

  private static void encodeRanges(IovaList iovas, MemorySegment s) {
    new VfioIommuType1InfoCapIovaRange(HEADER, iovas.size(), 0).encode(s);
    for (int i = 0; i < iovas.size(); i++) {
      long at = VfioIommuType1InfoCapIovaRange.OFFSET_IOVA_RANGES + i * VfioIovaRange.SIZE;
      new VfioIovaRange(iovas.first(i), iovas.last(i)).encode(s, at);
    }
  }
}
