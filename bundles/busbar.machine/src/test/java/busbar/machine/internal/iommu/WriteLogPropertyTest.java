package busbar.machine.internal.iommu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.device.DmaLoggingOps.Range;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The log against a set of pages. */
class WriteLogPropertyTest {
  private static final long BASE = 0x7fff_0000L;

  @Property(tries = 200)
  void itReportsWhatWasWrittenOnceAndNothingElse(@ForAll long seed) {
    Random random = new Random(seed);
    long page = 4096L << random.nextInt(3);
    List<Range> ranges =
        List.of(new Range(BASE, 100 * page), new Range(BASE + 150 * page, 64 * page));
    WriteLog log = new WriteLog(ranges, page);
    TreeSet<Long> dirty = new TreeSet<>();
    for (int step = 0; step < 60; step++) {
      long at = BASE - 3 * page + random.nextLong(230 * page);
      if (random.nextInt(4) > 0) {
        long length = random.nextLong(5 * page);
        log.written(at, length);
        long each = at;
        while (each < at + length) {
          if (isLogged(ranges, each)) {
            dirty.add(each / page * page);
          }
          each = (each / page + 1) * page;
        }
      } else {
        long from = at / page * page;
        long length = random.nextLong(80) * page;
        TreeSet<Long> expected = new TreeSet<>(dirty.subSet(from, from + length));
        TreeSet<Long> reported = new TreeSet<>();
        log.report(
            from,
            length,
            (iova, size) -> {
              assertThat(size).isEqualTo(page);
              assertThat(reported.add(iova)).isTrue();
            });
        assertThat(reported).isEqualTo(expected);
        dirty.removeAll(expected);
      }
    }
  }

  private static boolean isLogged(List<Range> ranges, long address) {
    return ranges.stream()
        .anyMatch(each -> address >= each.iova() && address < each.iova() + each.length());
  }

  @Example
  void whatASinkDidNotTakeIsReportedAgain() {
    WriteLog log = new WriteLog(List.of(new Range(0, 1 << 20)), 4096);
    log.written(0, 3 * 4096);
    TreeSet<Long> told = new TreeSet<>();
    assertThatThrownBy(
            () ->
                log.report(
                    0,
                    1 << 20,
                    (iova, size) -> {
                      if (iova == 4096) {
                        throw new IllegalStateException("the bitmap is gone");
                      }
                      told.add(iova);
                    }))
        .hasMessage("the bitmap is gone");
    log.report(0, 1 << 20, (iova, size) -> told.add(iova));
    assertThat(told).containsExactly(0L, 4096L, 8192L);
  }

  @Example
  void aPartOfAPageIsReportedAndKept() {
    WriteLog log = new WriteLog(List.of(new Range(0, 1 << 20)), 8192);
    log.written(0, 1);
    for (int round = 0; round < 2; round++) {
      TreeSet<Long> told = new TreeSet<>();
      log.report(0, 4096, (iova, size) -> told.add(iova));
      assertThat(told).containsExactly(0L);
    }
  }

  @Example
  void theHighestAddressesAreLoggedToo() {
    long last = -4096;
    WriteLog log = new WriteLog(List.of(new Range(last, 4096)), 4096);
    log.written(-1, 1);
    TreeSet<Long> told = new TreeSet<>();
    log.report(last, 4096, (iova, size) -> told.add(iova));
    assertThat(told).containsExactly(last);
  }
}
