package busbar.type1;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DmaIndexTest {
  private static DmaMapping mapping(long iova, long size) {
    return new DmaMapping(iova, size, 0, null, 0);
  }

  private static void check(DmaIndex index, TreeMap<Long, DmaMapping> model) {
    assertThat(index.isSound()).isTrue();
    List<DmaMapping> walked = new ArrayList<>();
    for (DmaMapping m = index.first(); m != null; m = index.next(m)) {
      walked.add(m);
    }
    assertThat(walked).containsExactlyElementsOf(model.values());
    assertThat(index.size()).isEqualTo(model.size());
    assertThat(index.isEmpty()).isEqualTo(model.isEmpty());
  }

  @Provide
  Arbitrary<List<Integer>> slots() {
    return Arbitraries.integers().between(0, 199).list().ofMinSize(1).ofMaxSize(400);
  }

  /** Slots of 16 addresses around 2^63 and at both ends; a mapping takes 8 in the middle of one. */
  private static long start(int slot) {
    long base = slot < 100 ? Long.MIN_VALUE - 50 * 16 : -100 * 16L;
    return base + (slot % 100) * 16L + 4;
  }

  @Property(seed = "20261122", tries = 200)
  void holdsWhatWasPutIn(@ForAll("slots") List<Integer> slots) {
    DmaIndex index = new DmaIndex();
    TreeMap<Long, DmaMapping> model = new TreeMap<>(Long::compareUnsigned);
    for (int slot : slots) {
      long iova = start(slot);
      DmaMapping there = model.remove(iova);
      if (there != null) {
        index.remove(there);
      } else {
        DmaMapping added = mapping(iova, 8);
        model.put(iova, added);
        index.insert(added);
      }
      assertThat(index.isSound()).isTrue();
    }
    check(index, model);
    for (int slot = 0; slot < 200; slot++) {
      for (int offset = -4; offset < 12; offset++) {
        long at = start(slot) + offset;
        Map.Entry<Long, DmaMapping> below = model.floorEntry(at);
        boolean hit = below != null && Long.compareUnsigned(at - below.getKey(), 8) < 0;
        assertThat(index.at(at)).isSameAs(hit ? below.getValue() : null);
      }
    }
  }

  @Property(seed = "20261122", tries = 200)
  void findsTheFirstThatOverlaps(
      @ForAll("slots") List<Integer> slots,
      @ForAll @IntRange(max = 3199) int from,
      @ForAll @IntRange(max = 3199) int to) {
    DmaIndex index = new DmaIndex();
    TreeMap<Long, DmaMapping> model = new TreeMap<>(Long::compareUnsigned);
    for (int slot : slots) {
      model.computeIfAbsent(
          start(slot),
          iova -> {
            DmaMapping added = mapping(iova, 8);
            index.insert(added);
            return added;
          });
    }
    long first = start(0) + Math.min(from, to);
    long last = start(0) + Math.max(from, to);
    DmaMapping expected = null;
    for (DmaMapping m : model.values()) {
      if (Long.compareUnsigned(m.iova, last) <= 0 && Long.compareUnsigned(m.last(), first) >= 0) {
        expected = m;
        break;
      }
    }
    assertThat(index.firstOverlapping(first, last)).isSameAs(expected);
  }

  /**
   * Looked at, added to and taken from between two crossings, leaves that stay packed among them.
   */
  @Property(seed = "20261122", tries = 100)
  void crossesAsNumbersAsOftenAsOneLikes(
      @ForAll long seed, @ForAll @IntRange(max = 300) int count) {
    Random random = new Random(seed);
    TreeMap<Long, Long> model = new TreeMap<>(Long::compareUnsigned);
    DmaIndex index = new DmaIndex();
    for (long i = 0; i < count; i++) {
      model.put(i * 16 - 2400, 8L);
      index.insert(mapping(i * 16 - 2400, 8));
    }
    for (int crossing = 0; crossing < 4; crossing++) {
      PackedMappings packed =
          new PackedMappings(index.pack(mapping -> 0), Collections.singletonList(null));
      assertThat(packed.check()).isZero();
      index = DmaIndex.of(packed);
      for (int i = 0; i < 20; i++) {
        long iova = random.nextInt(count + 1) * 16L - 2400 + 8 * random.nextInt(2);
        DmaMapping there = index.at(iova);
        assertThat(there == null ? null : there.size).isEqualTo(model.get(iova));
        if (there == null) {
          index.insert(mapping(iova, 8));
          model.put(iova, 8L);
        } else if (random.nextBoolean()) {
          index.remove(there);
          model.remove(iova);
        }
      }
      assertThat(index.size()).isEqualTo(model.size());
    }
    List<Long> found = new ArrayList<>();
    for (DmaMapping m = index.first(); m != null; m = index.next(m)) {
      found.add(m.iova);
    }
    assertThat(found).isEqualTo(List.copyOf(model.keySet()));
    assertThat(index.isSound()).isTrue();
  }

  /** Many leaves: filled upwards, downwards or anyhow, then thinned out and emptied. */
  @Property(seed = "20261122", tries = 30)
  void leavesSplitAndJoin(@ForAll long seed, @ForAll @IntRange(max = 2) int order) {
    Random random = new Random(seed);
    List<Long> addresses = new ArrayList<>();
    for (long i = 0; i < 3000; i++) {
      addresses.add(i * 16 - 24_000);
    }
    if (order == 1) {
      Collections.reverse(addresses);
    } else if (order == 2) {
      Collections.shuffle(addresses, random);
    }
    DmaIndex index = new DmaIndex();
    TreeMap<Long, DmaMapping> model = new TreeMap<>(Long::compareUnsigned);
    for (long iova : addresses) {
      DmaMapping added = mapping(iova, 16);
      model.put(iova, added);
      index.insert(added);
    }
    check(index, model);
    Collections.shuffle(addresses, random);
    for (long iova : addresses.subList(0, 2900)) {
      index.remove(model.remove(iova));
    }
    check(index, model);
    for (long iova : addresses.subList(2900, 3000)) {
      assertThat(index.at(iova + 15)).isSameAs(model.get(iova));
      index.remove(model.remove(iova));
    }
    check(index, model);
  }

  @Test
  void theWholeSpaceIsOneMapping() {
    DmaIndex index = new DmaIndex();
    DmaMapping all = mapping(4096, -4096);
    index.insert(all);
    assertThat(index.at(-1)).isSameAs(all);
    assertThat(index.at(4095)).isNull();
    assertThat(index.firstOverlapping(0, -1)).isSameAs(all);
  }
}
