package busbar.type1;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DmaTreeTest {
  private static DmaMapping mapping(long iova, long size) {
    return new DmaMapping(iova, size, 0, null, 0);
  }

  /** Every path has as many black nodes, no red node a red child, links go both ways. */
  private static int checkBlackHeight(DmaMapping node, DmaMapping parent) {
    if (node == null) {
      return 1;
    }
    assertThat(node.parent).isSameAs(parent);
    if (node.isRed()) {
      assertThat(parent).as("the root is black").isNotNull();
      assertThat(parent.isRed()).as("red below red").isFalse();
    }
    int left = checkBlackHeight(node.left, node);
    assertThat(checkBlackHeight(node.right, node)).isEqualTo(left);
    return left + (node.isRed() ? 0 : 1);
  }

  private static DmaMapping root(DmaTree tree) {
    DmaMapping at = tree.first();
    while (at != null && at.parent != null) {
      at = at.parent;
    }
    return at;
  }

  private static void check(DmaTree tree, TreeMap<Long, DmaMapping> model) {
    checkBlackHeight(root(tree), null);
    List<DmaMapping> walked = new ArrayList<>();
    for (DmaMapping m = tree.first(); m != null; m = tree.next(m)) {
      walked.add(m);
    }
    assertThat(walked).containsExactlyElementsOf(model.values());
    assertThat(tree.size()).isEqualTo(model.size());
    assertThat(tree.isEmpty()).isEqualTo(model.isEmpty());
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

  @Property(tries = 200)
  void staysATreeOfWhatWasPutIn(@ForAll("slots") List<Integer> slots) {
    DmaTree tree = new DmaTree();
    TreeMap<Long, DmaMapping> model = new TreeMap<>(Long::compareUnsigned);
    for (int slot : slots) {
      long iova = start(slot);
      DmaMapping there = model.remove(iova);
      if (there != null) {
        tree.remove(there);
      } else {
        DmaMapping added = mapping(iova, 8);
        model.put(iova, added);
        tree.insert(added);
      }
      checkBlackHeight(root(tree), null);
    }
    check(tree, model);
    for (int slot = 0; slot < 200; slot++) {
      for (int offset = -4; offset < 12; offset++) {
        long at = start(slot) + offset;
        Map.Entry<Long, DmaMapping> below = model.floorEntry(at);
        boolean hit = below != null && Long.compareUnsigned(at - below.getKey(), 8) < 0;
        assertThat(tree.at(at)).isSameAs(hit ? below.getValue() : null);
      }
    }
  }

  @Property(tries = 200)
  void findsTheFirstThatOverlaps(
      @ForAll("slots") List<Integer> slots,
      @ForAll @IntRange(max = 3199) int from,
      @ForAll @IntRange(max = 3199) int to) {
    DmaTree tree = new DmaTree();
    TreeMap<Long, DmaMapping> model = new TreeMap<>(Long::compareUnsigned);
    for (int slot : slots) {
      model.computeIfAbsent(
          start(slot),
          iova -> {
            DmaMapping added = mapping(iova, 8);
            tree.insert(added);
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
    assertThat(tree.firstOverlapping(first, last)).isSameAs(expected);
  }

  @Property(tries = 100)
  void isBuiltFromSortedMappings(@ForAll @IntRange(max = 300) int count) {
    TreeMap<Long, DmaMapping> model = new TreeMap<>(Long::compareUnsigned);
    for (long i = 0; i < count; i++) {
      model.put(i * 8, mapping(i * 8, 8));
    }
    DmaTree tree = DmaTree.ofSorted(List.copyOf(model.values()));
    check(tree, model);
    for (long i = 0; i < count; i += 3) {
      tree.remove(model.remove(i * 8));
    }
    check(tree, model);
  }

  @Test
  void theWholeSpaceIsOneMapping() {
    DmaTree tree = new DmaTree();
    DmaMapping all = mapping(4096, -4096);
    tree.insert(all);
    assertThat(tree.at(-1)).isSameAs(all);
    assertThat(tree.at(4095)).isNull();
    assertThat(tree.firstOverlapping(0, -1)).isSameAs(all);
  }
}
