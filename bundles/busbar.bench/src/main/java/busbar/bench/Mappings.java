package busbar.bench;

import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_WRITE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_UNMAP_DMA;

import busbar.api.client.ClientPolicy;
import busbar.api.client.VfioFile;
import busbar.client.DeviceSession;
import busbar.client.IommuType;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A container with a device, asked for mappings of single pages as any client asks. */
final class Mappings implements AutoCloseable {
  private static final long PAGE = 4096;
  private static final int PAGES = 16;

  /** Every other page stays free, so that no two mappings could ever be one. */
  private static final long STRIDE = 2 * PAGE;

  private final BenchMachine machine = new BenchMachine(1, new PlainDriver());
  private final DeviceSession session =
      DeviceSession.open(
          machine.registry.vfio(),
          ClientPolicy.privileged("bench"),
          "0",
          machine.device().name(),
          IommuType.TYPE1_V2);
  private final VfioFile container = session.client().file(session.container().fd());
  private final long vaddr = session.client().memory().allocate(PAGES * PAGE);
  private final MemorySegment map = Arena.ofAuto().allocate(VfioIommuType1DmaMap.SIZE);
  private final MemorySegment unmap = Arena.ofAuto().allocate(VfioIommuType1DmaUnmap.SIZE);

  /** Maps the page number {@code n} of those that stay. */
  void mapStaying(int n) {
    map(n * STRIDE, n % PAGES);
  }

  /** Maps and unmaps the free page after the n-th that stays. */
  void mapAndUnmapAfter(int n) {
    long iova = n * STRIDE + PAGE;
    map(iova, n % PAGES);
    new VfioIommuType1DmaUnmap((int) VfioIommuType1DmaUnmap.SIZE, 0, iova, PAGE).encode(unmap);
    container.ioctl(VFIO_IOMMU_UNMAP_DMA, unmap);
    if (VfioIommuType1DmaUnmap.decode(unmap).size() != PAGE) {
      throw new IllegalStateException("nothing was unmapped at " + iova);
    }
  }

  private void map(long iova, int page) {
    int access = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
    new VfioIommuType1DmaMap(
            (int) VfioIommuType1DmaMap.SIZE, access, vaddr + page * PAGE, iova, PAGE)
        .encode(map);
    container.ioctl(VFIO_IOMMU_MAP_DMA, map);
  }

  @Override
  public void close() {
    session.close();
    machine.close();
  }
}
