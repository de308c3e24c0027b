package busbar.machine.internal.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.iommu.IommuDomain;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Random maps and unmaps of all leaf sizes against a map that knows every leaf. */
class PageTablePropertyTest {
  private static final long K4 = 4096;
  private static final long M2 = 2L << 20;
  private static final long G1 = 1L << 30;

  private enum Kind {
    MAP,
    UNMAP
  }

  private record Step(Kind kind, long iova, long physical, long size) {}

  private record Leaf(long physical, long size) {}

  /** Addresses near the borders of the leaf sizes, so that leaves of all sizes meet. */
  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Long> iovas =
        Combinators.combine(
                Arbitraries.of(0L, G1, 3 * G1, 64 * G1, (1L << 48) - 2 * G1),
                Arbitraries.of(0L, M2, 5 * M2),
                Arbitraries.of(0L, K4, 2 * K4, 511 * K4))
            .as((one, two, three) -> one + two + three);
    Arbitrary<Long> sizes =
        Arbitraries.of(K4, 2 * K4, 3 * K4, 600 * K4, M2, M2 + K4, 3 * M2, G1, G1 + M2 + K4);
    Arbitrary<Long> physicals = Arbitraries.of(0L, K4, M2, 7 * M2, G1, 1L << 62, (1L << 62) + M2);
    return Combinators.combine(
            Arbitraries.of(Kind.MAP, Kind.MAP, Kind.UNMAP), iovas, physicals, sizes)
        .as(PageTablePropertyTest::step)
        .list()
        .ofMaxSize(40);
  }

  /** Gigabytes are mapped where large leaves fit: as small ones they would only take time. */
  private static Step step(Kind kind, long iova, long physical, long size) {
    return size < G1
        ? new Step(kind, iova, physical, size)
        : new Step(kind, iova & -M2, physical & -M2, size);
  }

  @Property(seed = "20261122", tries = 300)
  void behavesAsAMapOfLeaves(@ForAll("steps") List<Step> steps) {
    SimIommu iommu =
        new SimIommu(
            "test", new IommuHardware("vt-d", 48, 0x40201000L, (1L << 48) - 1, true, true, true));
    IommuDomain domain = iommu.allocateDomain();
    TreeMap<Long, Leaf> model = new TreeMap<>();
    for (Step step : steps) {
      if (step.kind() == Kind.MAP) {
        assertEquals(mapInModel(model, step), map(domain, step), step::toString);
      } else {
        assertEquals(
            unmapInModel(model, step), domain.unmap(step.iova(), step.size()), step::toString);
        domain.flush(step.iova(), step.size());
      }
      check(domain, model, step);
    }
    domain.close();
    assertEquals(0, iommu.tablePages());
  }

  private static Set<Errno> map(IommuDomain domain, Step step) {
    try {
      domain.map(step.iova(), step.physical(), step.size(), 3);
      return Set.of();
    } catch (VfioException e) {
      return Set.of(e.errno());
    }
  }

  private static Set<Errno> mapInModel(TreeMap<Long, Leaf> model, Step step) {
    long end = step.iova() + step.size();
    if (end > 1L << 48) {
      return Set.of(Errno.ERANGE);
    }
    Map.Entry<Long, Leaf> before = model.lowerEntry(end);
    if (before != null && before.getKey() + before.getValue().size() > step.iova()) {
      return Set.of(Errno.EEXIST);
    }
    for (long at = step.iova(); at < end; ) {
      long physical = step.physical() + (at - step.iova());
      long size = K4;
      for (long larger : new long[] {M2, G1}) {
        if (((at | physical) & larger - 1) == 0 && end - at >= larger) {
          size = larger;
        }
      }
      model.put(at, new Leaf(physical, size));
      at += size;
    }
    return Set.of();
  }

  private static long unmapInModel(TreeMap<Long, Leaf> model, Step step) {
    long at = step.iova();
    long end = Math.min(step.iova() + step.size(), 1L << 48);
    while (at < end && model.containsKey(at) && model.get(at).size() <= end - at) {
      at += model.remove(at).size();
    }
    return at - step.iova();
  }

  private static void check(IommuDomain domain, TreeMap<Long, Leaf> model, Step step) {
    for (long at : new long[] {step.iova(), step.iova() + K4, step.iova() + step.size() - 8}) {
      if (at >= 1L << 48) {
        continue;
      }
      Map.Entry<Long, Leaf> leaf = model.floorEntry(at);
      boolean mapped = leaf != null && at - leaf.getKey() < leaf.getValue().size();
      long expected = mapped ? leaf.getValue().physical() + (at - leaf.getKey()) : -1;
      assertEquals(expected, domain.translate(at), () -> "0x%x after %s".formatted(at, step));
    }
  }
}
