package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.VfioException;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.MmapRequest.Prot;
import busbar.api.client.MmapRequest.Sharing;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** A rig with device {@code a} open, driven by version 1 of a driver that can hand over. */
final class SwapRig implements AutoCloseable {
  static final long GRACE_MILLIS = 10_000;
  static final long DEADLINE_MILLIS = 300;

  final Rig rig = new Rig(new SwapSettings(GRACE_MILLIS, DEADLINE_MILLIS, SwapPolicy.MANUAL));
  final SwapAdmin admin = rig.registry.swapAdmin();
  final HandingDriver one = new HandingDriver(1);
  final List<HandingDriver> all = new ArrayList<>();
  final Rig.Opened opened;

  SwapRig() {
    rig.registry.removeDriver(rig.driver);
    come(one);
    opened = rig.openA();
  }

  /** A driver's service comes. */
  HandingDriver come(HandingDriver driver) {
    if (!all.contains(driver)) {
      all.add(driver);
    }
    rig.registry.addDriver(driver, 0, driver.candidate);
    return driver;
  }

  void go(FakeDriver driver) {
    rig.registry.removeDriver(driver);
  }

  Mapping map() {
    return rig.client.mmap(
        opened.device(), new MmapRequest(0, 4096, Set.of(Prot.READ, Prot.WRITE), Sharing.SHARED));
  }

  void write(int offset, int value) {
    MemorySegment buffer = Arena.ofAuto().allocate(1);
    buffer.set(ValueLayout.JAVA_BYTE, 0, (byte) value);
    assertThat(rig.client.pwrite(opened.device(), buffer, offset)).isEqualTo(1);
  }

  int read(int offset) {
    MemorySegment buffer = Arena.ofAuto().allocate(1);
    assertThat(rig.client.pread(opened.device(), buffer, offset)).isEqualTo(1);
    return buffer.get(ValueLayout.JAVA_BYTE, 0);
  }

  SwapRecord swap(String to) {
    return admin.swap("a", to, "test").getLast();
  }

  SwapRecord last() {
    return admin.history().getLast();
  }

  /** An operation on a thread of its own that waits at the gate when this returns. */
  Waiter waiter(Runnable operation) {
    Waiter waiter = new Waiter(operation);
    waiter.thread.start();
    while (waiter.thread.getState() != Thread.State.WAITING && waiter.thread.isAlive()) {
      Thread.onSpinWait();
    }
    return waiter;
  }

  /** An operation under way. */
  static final class Waiter {
    final CountDownLatch done = new CountDownLatch(1);
    final Thread thread;
    volatile VfioException failure;

    Waiter(Runnable operation) {
      thread =
          Thread.ofPlatform()
              .unstarted(
                  () -> {
                    try {
                      operation.run();
                    } catch (VfioException e) {
                      failure = e;
                    } finally {
                      done.countDown();
                    }
                  });
    }

    boolean isWaiting() {
      return done.getCount() == 1;
    }

    void join() throws InterruptedException {
      done.await();
    }
  }

  static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted, as one that hangs is", e);
    }
  }

  /** Closes everything and looks whether anything was called that must not be. */
  @Override
  public void close() {
    rig.close();
    assertThat(rig.backend.violations).isEmpty();
    all.forEach(driver -> assertThat(driver.violations).isEmpty());
  }
}
