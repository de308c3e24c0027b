package busbar.client;

import static busbar.uapi.VfioHeader.VFIO_CHECK_EXTENSION;
import static busbar.uapi.VfioHeader.VFIO_DMA_UNMAP_FLAG_ALL;
import static busbar.uapi.VfioHeader.VFIO_GET_API_VERSION;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_UNMAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_SET_IOMMU;

import busbar.api.Args;
import busbar.api.client.VfioClient;
import busbar.api.client.VfioFile;
import busbar.client.IommuInfo.IovaRange;
import busbar.uapi.CapabilityChain.Capability;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import busbar.uapi.VfioIommuType1Info;
import busbar.uapi.VfioIommuType1InfoCapIovaRange;
import busbar.uapi.VfioIommuType1InfoCapMigration;
import busbar.uapi.VfioIommuType1InfoDmaAvail;
import busbar.uapi.VfioIovaRange;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A container: groups that share one set of DMA mappings.
 *
 * <p>It lives on, with its mappings, until its last group and device are closed too.
 */
public final class Container implements AutoCloseable {
  private final Handle handle;
  private final VfioFile file;
  private final IovaAllocator iovas = new IovaAllocator();

  private Container(Handle handle) {
    this.handle = handle;
    this.file = handle.file();
  }

  /** Opens a container; {@code EMFILE} if the client's file table is full. */
  public static Container open(VfioClient client) {
    return new Container(new Handle(client, client.openContainer()));
  }

  /** The client that opened it. */
  public VfioClient client() {
    return handle.client();
  }

  /** Its descriptor, for calls that this library does not have; {@code EBADF} if it is closed. */
  public int fd() {
    return handle.fd();
  }

  /** {@code VFIO_GET_API_VERSION}. */
  public int apiVersion() {
    return (int) file.ioctl(VFIO_GET_API_VERSION, MemorySegment.NULL);
  }

  /** Whether a backend answers to the type now. */
  public boolean supports(IommuType type) {
    return extension(type.id()) > 0;
  }

  /** {@code VFIO_CHECK_EXTENSION}: 0 if nobody has it. */
  public long extension(int id) {
    return file.ioctl(VFIO_CHECK_EXTENSION, Args.immediate(id));
  }

  /**
   * Chooses the backend.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if no group is attached or a backend is chosen
   *     already, {@code ENODEV} if no backend serves the type, the backend's errno else
   */
  public void setIommu(IommuType type) {
    file.ioctl(VFIO_SET_IOMMU, Args.immediate(type.id()));
  }

  /** What a type1 container can map. */
  public IommuInfo info() {
    MemorySegment argument =
        Argument.info(
            VfioIommuType1Info.SIZE, none -> {}, filled -> file.ioctl(VFIO_IOMMU_GET_INFO, filled));
    VfioIommuType1Info info = VfioIommuType1Info.decode(argument);
    List<IovaRange> ranges = new ArrayList<>();
    long left = 0;
    long bitmap = 0;
    for (Capability capability : Argument.capabilities(argument, info.capOffset())) {
      MemorySegment at = capability.segment();
      switch (capability.id()) {
        case VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE -> readRanges(at, ranges);
        case VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION ->
            bitmap = VfioIommuType1InfoCapMigration.decode(at).maxDirtyBitmapSize();
        case VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL ->
            left = Integer.toUnsignedLong(VfioIommuType1InfoDmaAvail.decode(at).avail());
        default -> {
          // a later kernel's capability
        }
      }
    }
    return new IommuInfo(info.iovaPgsizes(), List.copyOf(ranges), left, bitmap);
  }

  private static void readRanges(MemorySegment at, List<IovaRange> ranges) {
    int count = VfioIommuType1InfoCapIovaRange.decode(at).nrIovas();
    for (int i = 0; i < count; i++) {
      VfioIovaRange range =
          VfioIovaRange.decode(
              at, VfioIommuType1InfoCapIovaRange.flexOffset() + i * VfioIovaRange.SIZE);
      ranges.add(new IovaRange(range.start(), range.end()));
    }
  }

  /**
   * Maps client memory for devices.
   *
   * @param vaddr of the client's address space, page-aligned
   * @param iova for the devices, page-aligned
   * @param size in bytes, whole pages
   * @throws busbar.api.VfioException {@code EEXIST} if something is mapped there, {@code EFAULT} if
   *     the memory is not there or forbids the access, {@code ENOMEM} beyond the locked-memory
   *     limit, {@code ENOSPC} beyond the number of mappings, {@code EINVAL}, {@code EOVERFLOW}
   */
  public void map(long vaddr, long iova, long size, DmaAccess access) {
    MemorySegment argument = Argument.of(VfioIommuType1DmaMap.SIZE);
    new VfioIommuType1DmaMap((int) VfioIommuType1DmaMap.SIZE, access.flags(), vaddr, iova, size)
        .encode(argument);
    file.ioctl(VFIO_IOMMU_MAP_DMA, argument);
  }

  /**
   * Unmaps a range.
   *
   * @return bytes that were unmapped, 0 if nothing was mapped there
   * @throws busbar.api.VfioException {@code EINVAL} if the range cuts a mapping (v2)
   */
  public long unmap(long iova, long size) {
    return unmap(0, iova, size);
  }

  /** Unmaps everything; returns how many bytes that were. */
  public long unmapAll() {
    return unmap(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0);
  }

  private long unmap(int flags, long iova, long size) {
    MemorySegment argument = Argument.of(VfioIommuType1DmaUnmap.SIZE);
    new VfioIommuType1DmaUnmap((int) VfioIommuType1DmaUnmap.SIZE, flags, iova, size)
        .encode(argument);
    file.ioctl(VFIO_IOMMU_UNMAP_DMA, argument);
    return VfioIommuType1DmaUnmap.decode(argument).size();
  }

  /** Allocates memory and maps it where there is room; see {@link DmaBuffer}. */
  public DmaBuffer allocate(long size) {
    return allocate(size, DmaAccess.READ_WRITE);
  }

  /**
   * Allocates memory and maps it at an address that the container chooses.
   *
   * @throws busbar.api.VfioException {@code ENOSPC} if no range of addresses has room, else as
   *     {@link #map}; nothing is left allocated then
   */
  public DmaBuffer allocate(long size, DmaAccess access) {
    IommuInfo info = info();
    long rounded = size + info.smallestPage() - 1 & -info.smallestPage();
    long iova = iovas.take(info.ranges(), rounded);
    try {
      return DmaBuffer.create(this, iova, rounded, access, () -> iovas.giveBack(iova));
    } catch (RuntimeException e) {
      iovas.giveBack(iova);
      throw e;
    }
  }

  /** Allocates memory and maps it at an address of the caller's choice; as {@link #map}. */
  public DmaBuffer allocateAt(long iova, long size, DmaAccess access) {
    return DmaBuffer.create(this, iova, size, access, () -> {});
  }

  /** Whether {@link #close} was called; groups and devices may keep the container alive. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  @Override
  public void close() {
    handle.close();
  }
}
