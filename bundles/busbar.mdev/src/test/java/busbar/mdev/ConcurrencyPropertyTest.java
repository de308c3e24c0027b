package busbar.mdev;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.mdev.MdevAdmin.ChildView;
import busbar.api.time.VirtualTiming;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/**
 * Devices made and removed at random: by one thread against a naive model, by many against its
 * laws.
 */
class ConcurrencyPropertyTest {
  private static final int UUIDS = 6;
  private static final int LIMIT = 4;
  private static final int LONG = Boolean.getBoolean("busbar.long") ? 20 : 1;

  private record Step(boolean creates, int which) {}

  private static String uuid(int which) {
    return "83b8f4f2-509f-382f-3c1e-e6bfe0fa%04d".formatted(which);
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Boolean> creates = Arbitraries.of(true, false);
    return creates
        .flatMap(
            create -> Arbitraries.integers().between(0, UUIDS - 1).map(i -> new Step(create, i)))
        .list()
        .ofMaxSize(60);
  }

  @Property(seed = "20261122", tries = 200)
  void oneThreadGetsWhatTheModelSays(@ForAll("steps") List<Step> steps) {
    FakeCore core = new FakeCore();
    FakeParent parent = new FakeParent(LIMIT);
    MdevBus bus = new MdevBus(core, new VirtualTiming(), 0);
    bus.addListener(core);
    bus.addParent(parent, Map.of());
    Set<String> model = new HashSet<>();
    for (Step step : steps) {
      String uuid = uuid(step.which());
      Errno expected = step.creates() ? create(model, uuid) : remove(model, uuid);
      assertThat(play(bus, step)).isEqualTo(expected);
      assertThat(parent.live).isEqualTo(model);
      assertThat(core.known).isEqualTo(model);
    }
  }

  private static Errno create(Set<String> model, String uuid) {
    if (model.contains(uuid)) {
      return Errno.EEXIST;
    }
    if (model.size() == LIMIT) {
      return Errno.EUSERS;
    }
    model.add(uuid);
    return null;
  }

  private static Errno remove(Set<String> model, String uuid) {
    return model.remove(uuid) ? null : Errno.ENODEV;
  }

  private static Errno play(MdevBus bus, Step step) {
    try {
      if (step.creates()) {
        bus.create("fake", "fake-small", uuid(step.which()));
      } else {
        bus.remove(uuid(step.which()));
      }
      return null;
    } catch (VfioException e) {
      return e.errno();
    }
  }

  /** What one thread did to each device. */
  private static final class Tally {
    final AtomicIntegerArray balance = new AtomicIntegerArray(UUIDS);
    final AtomicReference<Throwable> failure = new AtomicReference<>();

    void count(Step step, Errno errno) {
      if (errno == null) {
        balance.addAndGet(step.which(), step.creates() ? 1 : -1);
        return;
      }
      EnumSet<Errno> allowed =
          step.creates()
              ? EnumSet.of(Errno.EEXIST, Errno.EUSERS)
              : EnumSet.of(Errno.ENODEV, Errno.EAGAIN);
      if (!allowed.contains(errno)) {
        throw new AssertionError(step + " failed with " + errno);
      }
    }
  }

  @Property(seed = "20261122", tries = 30)
  void manyThreadsKeepTheLawsOfTheModel(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 8) int threads) throws Exception {
    FakeCore core = new FakeCore();
    FakeParent parent = new FakeParent(LIMIT);
    MdevBus bus = new MdevBus(core, new VirtualTiming(), 0);
    bus.addListener(core);
    bus.addParent(parent, Map.of());
    Tally tally = new Tally();
    run(threads, seed, bus, tally);
    assertThat(tally.failure.get()).isNull();

    Map<String, Integer> expected = new HashMap<>();
    for (int i = 0; i < UUIDS; i++) {
      int balance = tally.balance.get(i);
      assertThat(balance).as("made more often than removed, or not: %s", uuid(i)).isBetween(0, 1);
      expected.put(uuid(i), balance);
    }
    expected.values().removeIf(balance -> balance == 0);
    assertThat(bus.children()).extracting(ChildView::uuid).hasSameElementsAs(expected.keySet());
    assertThat(parent.live).isEqualTo(expected.keySet());
    assertThat(core.known).isEqualTo(expected.keySet());
    assertThat(parent.mostLive.get()).isLessThanOrEqualTo(LIMIT);
    assertThat(bus.types().getFirst().availableInstances()).isEqualTo(LIMIT - expected.size());
  }

  private static void run(int threads, long seed, MdevBus bus, Tally tally) throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Random random = new Random(seed + i);
      running.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      start.await();
                      for (int n = 0; n < 300 * LONG; n++) {
                        Step step = new Step(random.nextBoolean(), random.nextInt(UUIDS));
                        tally.count(step, play(bus, step));
                      }
                    } catch (Throwable e) {
                      tally.failure.compareAndSet(null, e);
                    }
                  }));
    }
    start.countDown();
    for (Thread thread : running) {
      thread.join();
    }
  }

  @Property(seed = "20261122", tries = 20)
  void aParentThatLeavesWhileManyMakeDevicesLeavesNothingBehind(@ForAll long seed)
      throws Exception {
    FakeCore core = new FakeCore();
    FakeParent parent = new FakeParent(0);
    MdevBus bus = new MdevBus(core, new VirtualTiming(), 0);
    bus.addListener(core);
    bus.addParent(parent, Map.of());
    EnumSet<Errno> expected = EnumSet.of(Errno.EEXIST, Errno.ENODEV, Errno.ENOENT, Errno.EAGAIN);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Random random = new Random(seed + i);
      running.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (Errno errno = null; errno != Errno.ENOENT; ) {
                        errno = play(bus, new Step(random.nextInt(4) > 0, random.nextInt(50)));
                        assertThat(errno == null || expected.contains(errno)).isTrue();
                      }
                    } catch (Throwable e) {
                      failure.compareAndSet(null, e);
                    }
                  }));
    }
    Thread.sleep(2);
    bus.removeParent(parent);
    for (Thread thread : running) {
      thread.join();
    }
    assertThat(failure.get()).isNull();
    assertThat(bus.children()).isEmpty();
    assertThat(parent.live).isEmpty();
    assertThat(core.known).isEmpty();
    assertThat(core.drivers).isEmpty();
  }
}
