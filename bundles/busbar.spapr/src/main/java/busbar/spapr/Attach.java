package busbar.spapr;

import busbar.api.Errno;
import busbar.api.device.GroupType;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.TceTableGroup;

/** Groups that come to a container and go. */
final class Attach {
  private Attach() {}

  /**
   * Takes a group from the host and shows it the container's windows.
   *
   * @throws busbar.api.VfioException {@code EINVAL} for an emulated group or a v2 container where
   *     windows cannot change, {@code ENODEV} without TCE tables, {@code EBUSY} for a second group
   *     of a v1 container or the same group twice, {@code EPERM} for tables of another
   *     implementation
   */
  static void attach(TceContainer container, IommuGroup group, GroupType type) {
    if (type == GroupType.EMULATED) {
      throw Errno.EINVAL.because("group %d is emulated and has no DMA windows", group.id());
    }
    TceTableGroup tables =
        group
            .tceTableGroup()
            .orElseThrow(() -> Errno.ENODEV.because("group %d has no TCE tables", group.id()));
    if (container.isV2() && !tables.hasDynamicWindows()) {
      throw Errno.EINVAL.because("the platform cannot change the windows of group %d", group.id());
    }
    if (!container.isV2() && !container.groups.isEmpty()) {
      throw Errno.EBUSY.because(
          "a v1 container has one group, and group %d is in it", container.groups.getFirst().id());
    }
    for (IommuGroup other : container.groups) {
      if (other == group) {
        throw Errno.EBUSY.because("group %d is attached already", group.id());
      }
      if (!TceContainer.tables(other).operations().equals(tables.operations())) {
        throw Errno.EPERM.because(
            "groups %d and %d have tables of different kinds", other.id(), group.id());
      }
    }
    tables.takeOwnership();
    try {
      showWindows(container, tables);
    } catch (RuntimeException e) {
      tables.releaseOwnership();
      throw e;
    }
    if (container.groups.isEmpty() && container.windows[0] == null) {
      container.defaultWindowPending = true;
    }
    container.groups.add(group);
  }

  private static void showWindows(TceContainer container, TceTableGroup tables) {
    int number = 0;
    try {
      for (; number < container.windows.length; number++) {
        if (container.windows[number] != null) {
          tables.setWindow(number, container.windows[number].table());
        }
      }
    } catch (RuntimeException e) {
      while (--number >= 0) {
        if (container.windows[number] != null) {
          tables.unsetWindow(number);
        }
      }
      throw e;
    }
  }

  /** Takes the windows from a group and gives it back to the host. Tables stay until release. */
  static void detach(TceContainer container, IommuGroup group) {
    if (!container.groups.remove(group)) {
      return;
    }
    TceTableGroup tables = TceContainer.tables(group);
    for (int number = 0; number < container.windows.length; number++) {
      if (container.windows[number] != null) {
        tables.unsetWindow(number);
      }
    }
    tables.releaseOwnership();
  }

  /**
   * The container lets go: windows first, so that nothing leads into registered memory any more.
   */
  static void release(TceContainer container) {
    while (!container.groups.isEmpty()) {
      detach(container, container.groups.getLast());
    }
    for (int number = 0; number < container.windows.length; number++) {
      if (container.windows[number] != null) {
        Windows.free(container, number);
      }
    }
    for (Region region : container.regions) {
      container.registrations().release(region);
    }
    container.regions.clear();
    Enabling.disable(container);
  }
}
