package busbar.spapr;

import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.iommu.IommuGroup;
import busbar.api.iommu.TceTableGroup;
import busbar.api.memory.AddressSpace;
import busbar.api.memory.AddressSpace.LimitRule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** One container of this backend: {@code struct tce_container}. */
public final class TceContainer {
  /** The rules that a container chose. */
  enum Rules {
    /** The whole window is charged at {@code ENABLE}; pages are pinned as they are mapped. */
    V1,
    /** Memory is registered beforehand; windows come and go. */
    V2
  }

  final Rules rules;

  /** Guards everything below; held while tables change, never while a client's memory is copied. */
  final ReentrantLock containerLock = new ReentrantLock();

  boolean enabled;

  /** The default window exists only once somebody needs it. */
  boolean defaultWindowPending;

  /** What {@code ENABLE} charged, in pages. */
  long lockedPages;

  /** The process that enabled, registered or made a window first: all others are refused. */
  AddressSpace process;

  /** The registered memory of that process; {@code null} without one. */
  Registrations registrations;

  final Window[] windows = new Window[TceTableGroup.MAX_TABLES];
  final List<IommuGroup> groups = new ArrayList<>();
  final List<Region> regions = new ArrayList<>();

  TceContainer(Rules rules) {
    this.rules = rules;
  }

  boolean isV2() {
    return rules == Rules.V2;
  }

  /** The tables of a group that this backend took. */
  static TceTableGroup tables(IommuGroup group) {
    return group
        .tceTableGroup()
        .orElseThrow(() -> Errno.ENXIO.because("group %d has no TCE tables", group.id()));
  }

  /** Ties the container to the caller's process; {@code EPERM} for any other. */
  void bindProcess(Caller caller) {
    checkProcess(caller);
    if (process == null) {
      process = caller.memory();
      registrations = Registrations.of(process);
    }
  }

  /** {@code EPERM} if the container is tied to another process. */
  void checkProcess(Caller caller) {
    if (process != null && process != caller.memory()) {
      throw Errno.EPERM.because(
          "the container belongs to %s, %s cannot use it", process.name(), caller.clientName());
    }
  }

  void checkEnabled() {
    if (!enabled) {
      throw Errno.EPERM.because(
          isV2()
              ? "no memory is registered with the container yet"
              : "the container is not enabled (VFIO_IOMMU_ENABLE)");
    }
  }

  static LimitRule limitOf(Caller caller) {
    return caller.has(Capability.IPC_LOCK) ? LimitRule.WAIVED : LimitRule.ENFORCED;
  }

  Registrations registrations() {
    return registrations;
  }
}
