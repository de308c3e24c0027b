package busbar.spapr;

import busbar.api.Caller;
import busbar.api.Errno;
import busbar.api.iommu.TceTableGroup;
import busbar.api.memory.AddressSpace;

/**
 * {@code VFIO_IOMMU_ENABLE} and {@code _DISABLE} of v1 containers. The container's lock is held.
 */
final class Enabling {
  private Enabling() {}

  /** Charges the whole window, as if all of it were mapped. */
  static void enable(TceContainer container, Caller caller) {
    if (container.enabled) {
      throw Errno.EBUSY.because("the container is enabled already");
    }
    if (container.groups.isEmpty()) {
      throw Errno.ENODEV.because("the container has no group");
    }
    TceTableGroup tables = TceContainer.tables(container.groups.getFirst());
    if (tables.tce32Size() == 0) {
      throw Errno.EPERM.because("group %d has no 32-bit window", container.groups.getFirst().id());
    }
    container.bindProcess(caller);
    long pages = tables.tce32Size() / AddressSpace.PAGE;
    container.process.charge(pages, TceContainer.limitOf(caller));
    container.lockedPages = pages;
    container.enabled = true;
  }

  /** Takes the charge back; mappings stay. No error if it was not enabled. */
  static void disable(TceContainer container) {
    if (!container.enabled) {
      return;
    }
    container.enabled = false;
    if (container.lockedPages > 0) {
      container.process.uncharge(container.lockedPages);
      container.lockedPages = 0;
    }
  }
}
