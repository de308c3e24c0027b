package busbar.type1;

import static busbar.uapi.VfioHeader.VFIO_CHECK_EXTENSION;
import static busbar.uapi.VfioHeader.VFIO_DMA_CC_IOMMU;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_UNMAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_TYPE1_IOMMU;
import static busbar.uapi.VfioHeader.VFIO_TYPE1v2_IOMMU;
import static busbar.uapi.VfioHeader.VFIO_UNMAP_ALL;
import static busbar.uapi.VfioHeader.VFIO_UPDATE_VADDR;
import static busbar.uapi.VfioHeader.__VFIO_RESERVED_TYPE1_NESTING_IOMMU;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.device.GroupType;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.PagePinningOps;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.memory.Access;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * The backend {@code vfio-iommu-type1}: the user says which memory devices reach at which address,
 * and one page table for each kind of hardware makes it so.
 */
@Component(service = VfioIommuDriverOps.class, property = VfioIommuDriverOps.IOMMU + "=type1")
public final class Type1Driver
    implements VfioIommuDriverOps<Type1Iommu>, PagePinningOps<Type1Iommu>, HandoverOps<Type1Iommu> {
  static final String NAME = "vfio-iommu-type1";

  /** Hardware without page tables: Linux for such a platform has no type1. */
  private static final String DMA_WINDOWS = "spapr-tce";

  private final Type1Parameters parameters;
  private final List<Iommu> iommus = new CopyOnWriteArrayList<>();

  @Activate
  public Type1Driver(@Reference Type1Parameters parameters) {
    this.parameters = parameters;
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindIommu(Iommu iommu) {
    iommus.add(iommu);
  }

  void unbindIommu(Iommu iommu) {
    iommus.remove(iommu);
  }

  /** Whether this is a platform for it: any but one whose IOMMUs all have DMA windows. */
  private boolean isAtHome() {
    return iommus.isEmpty() || iommus.stream().anyMatch(iommu -> !iommu.kind().equals(DMA_WINDOWS));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String owner() {
    Bundle bundle = FrameworkUtil.getBundle(Type1Driver.class);
    return bundle == null ? "busbar.type1" : bundle.getSymbolicName() + " " + bundle.getVersion();
  }

  @Override
  public Type1Iommu open(int type, Caller caller) {
    return switch (type) {
      case VFIO_TYPE1_IOMMU -> new Type1Iommu(false, parameters);
      case VFIO_TYPE1v2_IOMMU, __VFIO_RESERVED_TYPE1_NESTING_IOMMU ->
          new Type1Iommu(true, parameters);
      default -> throw Errno.EINVAL.because("%s does not serve IOMMU type %d", NAME, type);
    };
  }

  @Override
  public void release(Type1Iommu iommu) {
    GroupAttach.release(iommu);
  }

  @Override
  public long ioctl(Type1Iommu iommu, Caller caller, int command, MemorySegment argument) {
    return switch (command) {
      case VFIO_IOMMU_MAP_DMA -> MapDma.ioctl(iommu, caller, argument);
      case VFIO_IOMMU_UNMAP_DMA -> UnmapDma.ioctl(iommu, caller, argument);
      case VFIO_IOMMU_DIRTY_PAGES -> DirtyPages.ioctl(iommu, caller, argument);
      case VFIO_IOMMU_GET_INFO -> Info.ioctl(iommu, argument);
      case VFIO_CHECK_EXTENSION -> supports(iommu, Args.immediate(argument)) ? 1 : 0;
      default -> throw Errno.ENOTTY.because("%s has no ioctl 0x%x", NAME, command);
    };
  }

  /** {@code iommu} is {@code null} while the container has not chosen. */
  private boolean supports(Type1Iommu iommu, long extension) {
    if (iommu == null && !isAtHome()) {
      return false;
    }
    if (extension == VFIO_TYPE1_IOMMU
        || extension == VFIO_TYPE1v2_IOMMU
        || extension == VFIO_UNMAP_ALL) {
      return true;
    }
    if (iommu == null) {
      return false;
    }
    return extension == VFIO_DMA_CC_IOMMU && iommu.isCoherent()
        || extension == VFIO_UPDATE_VADDR && !iommu.hasEmulatedGroups();
  }

  @Override
  public void attachGroup(Type1Iommu iommu, IommuGroup group, GroupType type) {
    GroupAttach.attach(iommu, group, type);
  }

  @Override
  public void detachGroup(Type1Iommu iommu, IommuGroup group) {
    GroupAttach.detach(iommu, group);
  }

  @Override
  public void registerDevice(Type1Iommu iommu, UnmapListener listener) {
    Pinning.register(iommu, listener);
  }

  @Override
  public void unregisterDevice(Type1Iommu iommu, UnmapListener listener) {
    Pinning.unregister(iommu, listener);
  }

  @Override
  public long[] pinPages(Type1Iommu iommu, IommuGroup group, long iova, int pages, Access access) {
    return Pinning.pinPages(iommu, group, iova, pages, access);
  }

  @Override
  public void unpinPages(Type1Iommu iommu, long iova, int pages) {
    Pinning.unpinPages(iommu, iova, pages);
  }

  @Override
  public void dmaRw(Type1Iommu iommu, long iova, MemorySegment buffer, Access access) {
    Pinning.dmaRw(iommu, iova, buffer, access);
  }

  @Override
  public String stateKind() {
    return NAME;
  }

  @Override
  public int stateVersion() {
    return Type1State.VERSION;
  }

  @Override
  public StateRecord save(Type1Iommu iommu) {
    return Type1State.save(iommu);
  }

  @Override
  public void restore(Type1Iommu fresh, StateRecord state) {
    Type1State.restore(fresh, state);
  }

  @Override
  public void resume(Type1Iommu iommu) {
    // saving stopped nothing
  }

  @Override
  public void forget(Type1Iommu iommu) {
    Type1State.forget(iommu);
  }
}
