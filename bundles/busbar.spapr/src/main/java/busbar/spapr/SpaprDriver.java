package busbar.spapr;

import static busbar.uapi.VfioHeader.VFIO_CHECK_EXTENSION;
import static busbar.uapi.VfioHeader.VFIO_EEH;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_OP;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DISABLE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_ENABLE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_REGISTER_MEMORY;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_TCE_CREATE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_TCE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_TCE_REMOVE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_UNMAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_SPAPR_TCE_IOMMU;
import static busbar.uapi.VfioHeader.VFIO_SPAPR_TCE_v2_IOMMU;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.device.GroupType;
import busbar.api.iommu.Iommu;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * The backend {@code vfio-iommu-spapr-tce}: DMA windows of POWER machines, filled entry by entry.
 */
@Component(service = VfioIommuDriverOps.class, property = VfioIommuDriverOps.IOMMU + "=spapr")
public final class SpaprDriver
    implements VfioIommuDriverOps<TceContainer>, HandoverOps<TceContainer> {
  static final String NAME = "vfio-iommu-spapr-tce";

  /** The kind of hardware that it drives. */
  private static final String DMA_WINDOWS = "spapr-tce";

  /** Asked before a container has chosen: does the platform have error handling? */
  private final List<Iommu> iommus = new CopyOnWriteArrayList<>();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String owner() {
    Bundle bundle = FrameworkUtil.getBundle(SpaprDriver.class);
    return bundle == null ? "busbar.spapr" : bundle.getSymbolicName() + " " + bundle.getVersion();
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindIommu(Iommu iommu) {
    iommus.add(iommu);
  }

  void unbindIommu(Iommu iommu) {
    iommus.remove(iommu);
  }

  /** Linux has this backend on platforms with DMA windows alone. */
  private boolean isAtHome() {
    return iommus.isEmpty() || iommus.stream().anyMatch(iommu -> iommu.kind().equals(DMA_WINDOWS));
  }

  @Override
  public TceContainer open(int type, Caller caller) {
    return switch (type) {
      case VFIO_SPAPR_TCE_IOMMU -> new TceContainer(TceContainer.Rules.V1);
      case VFIO_SPAPR_TCE_v2_IOMMU -> new TceContainer(TceContainer.Rules.V2);
      default -> throw Errno.EINVAL.because("%s does not serve IOMMU type %d", NAME, type);
    };
  }

  @Override
  public void release(TceContainer container) {
    locked(container, () -> Attach.release(container));
  }

  @Override
  public long ioctl(TceContainer container, Caller caller, int command, MemorySegment argument) {
    if (command == VFIO_CHECK_EXTENSION) {
      return extension(container, Args.immediate(argument));
    }
    container.containerLock.lock();
    try {
      container.checkProcess(caller);
      return container.isV2()
          ? ioctlV2(container, caller, command, argument)
          : ioctlV1(container, caller, command, argument);
    } finally {
      container.containerLock.unlock();
    }
  }

  /** {@code container} is {@code null} while it has not chosen. */
  private long extension(TceContainer container, long id) {
    if (id == VFIO_SPAPR_TCE_IOMMU || id == VFIO_SPAPR_TCE_v2_IOMMU) {
      return container != null || isAtHome() ? 1 : 0;
    }
    boolean eeh =
        id == VFIO_EEH
            && iommus.stream()
                .flatMap(iommu -> iommu.groups().stream())
                .anyMatch(group -> group.eeh().isPresent());
    return eeh ? 1 : 0;
  }

  private static long ioctlV1(
      TceContainer container, Caller caller, int command, MemorySegment argument) {
    switch (command) {
      case VFIO_IOMMU_ENABLE -> Enabling.enable(container, caller);
      case VFIO_IOMMU_DISABLE -> Enabling.disable(container);
      default -> {
        return ioctlBoth(container, caller, command, argument);
      }
    }
    return 0;
  }

  private static long ioctlV2(
      TceContainer container, Caller caller, int command, MemorySegment argument) {
    switch (command) {
      case VFIO_IOMMU_SPAPR_REGISTER_MEMORY -> Memory.register(container, caller, argument);
      case VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY -> Memory.unregister(container, caller, argument);
      case VFIO_IOMMU_SPAPR_TCE_CREATE -> Windows.create(container, caller, argument);
      case VFIO_IOMMU_SPAPR_TCE_REMOVE -> Windows.remove(container, caller, argument);
      default -> {
        return ioctlBoth(container, caller, command, argument);
      }
    }
    return 0;
  }

  private static long ioctlBoth(
      TceContainer container, Caller caller, int command, MemorySegment argument) {
    return switch (command) {
      case VFIO_IOMMU_SPAPR_TCE_GET_INFO -> {
        Info.run(container, argument);
        yield 0;
      }
      case VFIO_IOMMU_MAP_DMA -> Mappings.map(container, caller, argument);
      case VFIO_IOMMU_UNMAP_DMA -> Mappings.unmap(container, caller, argument);
      case VFIO_EEH_PE_OP -> Eeh.run(container, argument);
      default -> throw Errno.ENOTTY.because("%s has no ioctl 0x%x here", NAME, command);
    };
  }

  @Override
  public void attachGroup(TceContainer container, IommuGroup group, GroupType type) {
    locked(container, () -> Attach.attach(container, group, type));
  }

  @Override
  public void detachGroup(TceContainer container, IommuGroup group) {
    locked(container, () -> Attach.detach(container, group));
  }

  private static void locked(TceContainer container, Runnable action) {
    container.containerLock.lock();
    try {
      action.run();
    } finally {
      container.containerLock.unlock();
    }
  }

  @Override
  public String stateKind() {
    return NAME;
  }

  @Override
  public int stateVersion() {
    return Handover.VERSION;
  }

  @Override
  public StateRecord save(TceContainer container) {
    return Handover.save(container);
  }

  @Override
  public void restore(TceContainer fresh, StateRecord state) {
    Handover.restore(fresh, state);
  }

  @Override
  public void resume(TceContainer container) {
    // saving stopped nothing
  }

  @Override
  public void forget(TceContainer container) {
    Handover.forget(container);
  }
}
