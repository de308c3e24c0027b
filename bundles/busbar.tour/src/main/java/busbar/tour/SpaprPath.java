package busbar.tour;

import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_REGISTER_MEMORY;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY;

import busbar.api.memory.Access;
import busbar.api.memory.AddressSpace;
import busbar.client.DeviceSession;
import busbar.client.DmaAccess;
import busbar.uapi.VfioIommuSpaprRegisterMemory;
import java.lang.foreign.MemorySegment;

/** By registered memory and the default window of an sPAPR container. */
final class SpaprPath implements DmaPath {
  private static final long IOVA = 0x10_0000;
  private static final long UNMAPPED = 0x0f00_0000;

  private DeviceSession session;
  private long vaddr;
  private long size;

  @Override
  public void map(DeviceSession opened, long wanted) {
    session = opened;
    size = wanted;
    vaddr = session.client().memory().allocate(size);
    registration(VFIO_IOMMU_SPAPR_REGISTER_MEMORY);
    session.container().map(vaddr, IOVA, size, DmaAccess.READ_WRITE);
  }

  private void registration(int command) {
    MemorySegment argument =
        MemorySegment.ofArray(new byte[(int) VfioIommuSpaprRegisterMemory.SIZE]);
    new VfioIommuSpaprRegisterMemory((int) argument.byteSize(), 0, vaddr, size).encode(argument);
    session.client().ioctl(session.container().fd(), command, argument);
  }

  @Override
  public long iova() {
    return IOVA;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public MemorySegment memory() {
    return session.client().memory().at(vaddr, size, Access.READ_WRITE);
  }

  @Override
  public long unmapped() {
    return UNMAPPED;
  }

  @Override
  public void close() {
    if (session != null) {
      session.container().unmap(IOVA, size);
      registration(VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY);
      AddressSpace space = session.client().memory();
      space.unregister(vaddr, size);
      session = null;
    }
  }
}
