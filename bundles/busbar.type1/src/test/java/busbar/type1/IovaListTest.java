package busbar.type1;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.iommu.ReservedRegion;
import busbar.api.iommu.ReservedRegion.Kind;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class IovaListTest {
  private static final int SPACE = 64;

  private static BitSet bits(IovaList list) {
    BitSet bits = new BitSet();
    for (int i = 0; i < list.size(); i++) {
      assertThat(list.first(i)).isLessThanOrEqualTo(list.last(i));
      assertThat(bits.length()).as("sorted and apart").isLessThanOrEqualTo((int) list.first(i));
      bits.set((int) list.first(i), (int) list.last(i) + 1);
    }
    return bits;
  }

  @Property(seed = "20261122", tries = 500)
  void isTheApertureWithoutWhatIsReserved(
      @ForAll @IntRange(max = SPACE - 1) int start,
      @ForAll @IntRange(max = SPACE - 1) int end,
      @ForAll @Size(max = 6) List<@IntRange(max = SPACE * SPACE - 1) Integer> reserved,
      @ForAll @IntRange(max = SPACE - 1) int from,
      @ForAll @IntRange(max = SPACE - 1) int to) {
    int low = Math.min(start, end);
    int high = Math.max(start, end);
    BitSet expected = new BitSet();
    expected.set(low, high + 1);
    List<ReservedRegion> regions = new ArrayList<>();
    for (int both : reserved) {
      int first = Math.min(both / SPACE, both % SPACE);
      int last = Math.max(both / SPACE, both % SPACE);
      boolean relaxable = both % 5 == 0;
      regions.add(
          new ReservedRegion(first, last, relaxable ? Kind.DIRECT_RELAXABLE : Kind.RESERVED));
      if (!relaxable) {
        expected.clear(first, last + 1);
      }
    }
    IovaList list = IovaList.ANY.within(low, high).without(regions);
    assertThat(bits(list)).isEqualTo(expected);

    int a = Math.min(from, to);
    int b = Math.max(from, to);
    boolean free = expected.isEmpty() || expected.get(a, b + 1).cardinality() == b - a + 1;
    assertThat(list.allows(a, b)).isEqualTo(free || list.isEmpty());
    BitSet narrowed = (BitSet) expected.clone();
    narrowed.clear(0, a);
    narrowed.clear(b + 1, SPACE + 1);
    if (!list.isEmpty()) {
      assertThat(bits(list.within(a, b))).isEqualTo(narrowed);
    }
  }

  @Test
  void bothEndsOfThe64BitSpaceWork() {
    IovaList all = IovaList.ANY.within(0, -1);
    assertThat(all.allows(-4096, -1)).isTrue();
    IovaList cut =
        all.without(
            List.of(
                new ReservedRegion(-4096, -1, Kind.MSI), new ReservedRegion(0, 4095, Kind.MSI)));
    assertThat(cut.lowest()).isEqualTo(4096);
    assertThat(cut.highest()).isEqualTo(-4097);
    assertThat(cut.allows(-8192, -4097)).isTrue();
    assertThat(cut.allows(-8192, -4096)).isFalse();
    assertThat(all.without(List.of(new ReservedRegion(0, -1, Kind.MSI))).isEmpty()).isTrue();
  }
}
