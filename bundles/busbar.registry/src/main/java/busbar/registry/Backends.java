package busbar.registry;

import busbar.api.device.GroupType;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.swap.Candidate;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** The backends that are there now, in the order in which they are asked. */
final class Backends {
  /** The name of the backend for unprotected groups. */
  static final String NO_IOMMU = "vfio-noiommu";

  private static final Comparator<BackendEntry<?>> ORDER =
      Comparator.<BackendEntry<?>>comparingInt(entry -> entry.ranking)
          .reversed()
          .thenComparing(Comparator.<BackendEntry<?>>comparingLong(entry -> entry.age).reversed());

  private final AtomicLong ages = new AtomicLong();
  private final List<BackendEntry<?>> entries = new CopyOnWriteArrayList<>();

  BackendEntry<?> add(VfioIommuDriverOps<?> ops, int ranking, Candidate candidate) {
    BackendEntry<?> entry = entry(ops, ranking, candidate);
    entries.add(entry);
    return entry;
  }

  private <I> BackendEntry<I> entry(VfioIommuDriverOps<I> ops, int ranking, Candidate candidate) {
    return new BackendEntry<>(ops, ranking, ages.incrementAndGet(), candidate);
  }

  /** Takes it out of the order; returns {@code null} if it is not there. */
  BackendEntry<?> remove(VfioIommuDriverOps<?> ops) {
    for (BackendEntry<?> entry : entries) {
      if (entry.ops == ops) {
        entry.depart();
        entries.remove(entry);
        return entry;
      }
    }
    return null;
  }

  /** All of them: highest ranking first, of equal ones the newest. */
  List<BackendEntry<?>> inOrder() {
    return entries.stream().sorted(ORDER).toList();
  }

  /**
   * Those that may serve a container: an unprotected one only the backend for those, and it no
   * other.
   */
  Stream<BackendEntry<?>> allowed(GroupType type) {
    return inOrder().stream()
        .filter(entry -> entry.servesNoIommu() == (type == GroupType.NO_IOMMU));
  }
}
