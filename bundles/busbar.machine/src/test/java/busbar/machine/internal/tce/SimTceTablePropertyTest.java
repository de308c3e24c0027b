package busbar.machine.internal.tce;

import static org.junit.jupiter.api.Assertions.assertEquals;

import busbar.machine.internal.iommu.NodePool;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Random entries of tables of one to four levels of nodes against a sorted map. */
class SimTceTablePropertyTest {
  private static final long OFFSET = 1L << 43;

  /**
   * A change of an entry.
   *
   * @param at where in the table, as a fraction of 1,000 with some entries more
   */
  private record Change(int at, int more, long entry) {}

  @Provide
  Arbitrary<List<Change>> changes() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 1000),
            Arbitraries.integers().between(0, 600),
            Arbitraries.of(0L, 0L, 0x1003L, 0x2001L, 1L << 62 | 3))
        .as(Change::new)
        .list()
        .ofMaxSize(60);
  }

  @Provide
  Arbitrary<Long> sizes() {
    return Arbitraries.of(1L, 512L, 513L, 1L << 18, 1L << 31);
  }

  @Property(tries = 200)
  void behavesAsASortedMap(@ForAll("changes") List<Change> changes, @ForAll("sizes") long size) {
    NodePool pool = new NodePool(1 << 24);
    SimTceTable table = new SimTceTable(pool, pool.take(), OFFSET, size, 12, 1, 0);
    TreeMap<Long, Long> model = new TreeMap<>();
    for (Change change : changes) {
      long index = Math.min(size - 1, (size - 1) / 1000 * change.at() + change.more());
      Long before = change.entry() == 0 ? model.remove(index) : model.put(index, change.entry());
      assertEquals(before == null ? 0 : before, table.exchange(OFFSET + index, change.entry()));
      assertEquals(change.entry(), table.get(OFFSET + index));
      assertEquals(change.entry(), table.entryAt(OFFSET + index << 12));
      Long next = model.ceilingKey(index);
      assertEquals(
          OFFSET + (next == null ? size : next), table.next(OFFSET + index, OFFSET + size));
    }
    assertEquals(0, table.entryAt(OFFSET - 1 << 12));
    assertEquals(0, table.entryAt(OFFSET + size << 12));
    table.close();
    assertEquals(0, pool.taken(), "a closed table keeps no memory");
  }
}
