package busbar.type1;

import static busbar.type1.TestContainer.PAGE;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.iommu.PagePinningOps.UnmapListener;
import busbar.api.memory.Access;
import busbar.type1.FakeIommu.FakeGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ConcurrencyTest {
  private static final int ROUNDS = Boolean.getBoolean("busbar.long") ? 200_000 : 4_000;

  private static void together(List<Callable<Void>> jobs) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(jobs.size())) {
      List<Future<Void>> results = new ArrayList<>();
      jobs.forEach(job -> results.add(threads.submit(job)));
      for (Future<Void> result : results) {
        result.get();
      }
    }
  }

  @Test
  void threadsMapAndUnmapTheirOwnRanges() throws Exception {
    TestContainer container = TestContainer.v2();
    long vaddr = container.memory.allocate(16 * PAGE);
    List<Callable<Void>> jobs = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      long base = t * 0x100000L;
      jobs.add(
          () -> {
            for (int i = 0; i < ROUNDS; i++) {
              long iova = base + i % 7 * 2 * PAGE;
              container.map(vaddr, iova, 2 * PAGE);
              assertThat(container.unmap(iova, 2 * PAGE)).isEqualTo(2 * PAGE);
            }
            return null;
          });
    }
    together(jobs);
    container.assertNothingLeft();
    assertThat(container.iommu.available).isEqualTo(65535);
  }

  @Test
  void threadsFightForOneRange() throws Exception {
    TestContainer container = TestContainer.v2();
    long vaddr = container.memory.allocate(16 * PAGE);
    FakeGroup second = new FakeIommu("smmuv3").group(2);
    Callable<Void> fight =
        () -> {
          for (int i = 0; i < ROUNDS; i++) {
            try {
              container.map(vaddr, i % 4 * PAGE, PAGE);
            } catch (VfioException e) {
              assertThat(e.errno()).isEqualTo(Errno.EEXIST);
            }
            container.unmap(i % 3 * PAGE, 2 * PAGE);
          }
          return null;
        };
    Callable<Void> groups =
        () -> {
          for (int i = 0; i < ROUNDS / 20; i++) {
            container.attach(second);
            container.detach(second);
          }
          return null;
        };
    together(List.of(fight, fight, groups));
    container.unmap(2, 0, 0);
    container.assertNothingLeft();
  }

  /** The device answers from the thread that unmaps, and pins and unpins from its own. */
  @Test
  void aDevicePinsWhileTheUserUnmaps() throws Exception {
    TestContainer container = TestContainer.empty();
    FakeGroup group = FakeGroup.emulated(9);
    container.attachEmulated(group);
    long vaddr = container.memory.allocate(4 * PAGE);
    Map<Long, Boolean> held = new ConcurrentHashMap<>();
    Type1Driver driver = container.driver;
    UnmapListener device =
        (iova, length) -> {
          synchronized (held) {
            for (long at = iova; at < iova + length; at += PAGE) {
              if (held.remove(at) != null) {
                driver.unpinPages(container.iommu, at, 1);
              }
            }
          }
        };
    driver.registerDevice(container.iommu, device);
    Callable<Void> user =
        () -> {
          for (int i = 0; i < ROUNDS; i++) {
            container.map(vaddr, 0, 4 * PAGE);
            assertThat(container.unmap(0, 4 * PAGE)).isEqualTo(4 * PAGE);
          }
          return null;
        };
    Callable<Void> pinner =
        () -> {
          for (int i = 0; i < ROUNDS; i++) {
            long at = i % 4 * PAGE;
            synchronized (held) {
              if (!held.containsKey(at)) {
                try {
                  driver.pinPages(container.iommu, group, at, 1, Access.READ);
                  held.put(at, true);
                } catch (VfioException e) {
                  assertThat(e.errno()).isEqualTo(Errno.EINVAL);
                }
              }
            }
          }
          return null;
        };
    Callable<Void> opener =
        () -> {
          UnmapListener other = (iova, length) -> {};
          for (int i = 0; i < ROUNDS; i++) {
            driver.registerDevice(container.iommu, other);
            driver.unregisterDevice(container.iommu, other);
          }
          return null;
        };
    together(List.of(user, pinner, opener));
    container.unmap(2, 0, 0);
    container.assertNothingLeft();
  }
}
