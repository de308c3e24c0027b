package busbar.noiommu;

import static busbar.uapi.VfioHeader.VFIO_CHECK_EXTENSION;
import static busbar.uapi.VfioHeader.VFIO_NOIOMMU_IOMMU;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The backend {@code vfio-noiommu}: lets a container with unprotected groups come to its devices,
 * and does nothing else. It answers for {@code VFIO_NOIOMMU_IOMMU} only while the mode is on.
 */
@Component(service = VfioIommuDriverOps.class, property = VfioIommuDriverOps.IOMMU + "=noiommu")
public final class NoIommuDriver
    implements VfioIommuDriverOps<NoIommuDriver.Unprotected>,
        HandoverOps<NoIommuDriver.Unprotected> {
  static final String NAME = "vfio-noiommu";
  private static final Logger LOG = System.getLogger(NoIommuDriver.class.getName());

  private final NoIommuMode mode;

  /** What there is to know of one container: who opened it, for the log. */
  static final class Unprotected {
    private final String client;

    private Unprotected(String client) {
      this.client = client;
    }
  }

  @Activate
  public NoIommuDriver(@Reference NoIommuMode mode) {
    this.mode = mode;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String owner() {
    Bundle bundle = FrameworkUtil.getBundle(NoIommuDriver.class);
    return bundle == null ? "busbar.noiommu" : bundle.getSymbolicName() + " " + bundle.getVersion();
  }

  @Override
  public Unprotected open(int type, Caller caller) {
    if (type != VFIO_NOIOMMU_IOMMU) {
      throw Errno.EINVAL.because("%s does not serve IOMMU type %d", NAME, type);
    }
    if (!caller.has(Capability.SYS_RAWIO)) {
      throw Errno.EPERM.because(
          "client %s lacks SYS_RAWIO, which devices without an IOMMU need", caller.clientName());
    }
    return new Unprotected(caller.clientName());
  }

  @Override
  public void release(Unprotected container) {
    // nothing was mapped, nothing was pinned
  }

  @Override
  public long ioctl(Unprotected container, Caller caller, int command, MemorySegment argument) {
    if (command == VFIO_CHECK_EXTENSION) {
      return Args.immediate(argument) == VFIO_NOIOMMU_IOMMU && mode.isOn() ? 1 : 0;
    }
    throw Errno.ENOTTY.because("%s maps nothing, it has no ioctl 0x%x", NAME, command);
  }

  @Override
  public void attachGroup(Unprotected container, IommuGroup group, GroupType type) {
    LOG.log(
        Level.WARNING,
        "group {0} {1} is driven by client {2} with no IOMMU: its DMA reaches all memory",
        group.id(),
        group.devices(),
        container.client);
  }

  @Override
  public void detachGroup(Unprotected container, IommuGroup group) {
    // nothing was attached
  }

  @Override
  public String stateKind() {
    return NAME;
  }

  @Override
  public int stateVersion() {
    return 1;
  }

  @Override
  public StateRecord save(Unprotected container) {
    return new StateRecord(NAME, stateVersion(), Map.of());
  }

  @Override
  public void restore(Unprotected fresh, StateRecord state) {
    state.expect(NAME, stateVersion());
  }

  @Override
  public void resume(Unprotected container) {
    // save stopped nothing
  }

  @Override
  public void forget(Unprotected container) {
    // nothing to let go of
  }
}
