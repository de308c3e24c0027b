package busbar.registry;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.VfioException;
import busbar.api.admin.DeviceView.State;
import busbar.api.client.ClientPolicy;
import busbar.api.client.Mapping;
import busbar.api.client.MmapRequest;
import busbar.api.client.VfioClient;
import busbar.api.memory.MemoryFaultException;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that open, use, close, unbind, pull drivers and backends at the same time. */
@Timeout(60)
class RaceTest {
  private static final long NANOS =
      TimeUnit.MILLISECONDS.toNanos(Boolean.getBoolean("busbar.long") ? 10_000 : 250);

  private final Rig rig = new Rig();
  private final ConcurrentLinkedQueue<Throwable> trouble = new ConcurrentLinkedQueue<>();

  @AfterEach
  void close() {
    rig.close();
  }

  /** Runs all of it in parallel for a while; only errnos and bus errors may come out. */
  @SafeVarargs
  private void race(Consumer<Random>... actors) throws InterruptedException {
    long end = System.nanoTime() + NANOS;
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < actors.length; i++) {
      Consumer<Random> actor = actors[i];
      Random random = new Random(i);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (System.nanoTime() < end && trouble.isEmpty()) {
                      try {
                        actor.accept(random);
                      } catch (VfioException | MemoryFaultException e) {
                        // the loser of a race gets an errno
                      } catch (RuntimeException | Error e) {
                        trouble.add(e);
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(trouble).isEmpty();
  }

  /** One life of a client: open all, use it, close in random order or simply go. */
  private void live(Random random) {
    VfioClient client = rig.registry.vfio().connect(ClientPolicy.privileged("racer"));
    try {
      int id = 1 + random.nextInt(2);
      int container = client.openContainer();
      int group = client.openGroup(id);
      client.ioctl(group, VfioHeader.VFIO_GROUP_SET_CONTAINER, Rig.struct(container));
      client.ioctl(container, VfioHeader.VFIO_SET_IOMMU, Args.immediate(Rig.TYPE));
      int device =
          (int)
              client.ioctl(
                  group,
                  VfioHeader.VFIO_GROUP_GET_DEVICE_FD,
                  Rig.text(id == 1 ? "a" : random.nextBoolean() ? "b0" : "b1"));
      Mapping mapping = client.mmap(device, MmapRequest.shared(0, 4096));
      for (int i = 0; i < 20; i++) {
        client.pread(device, Rig.struct(0), 0);
        mapping.load(random.nextInt(64), 1);
        client.ioctl(container, FakeBackend.PING, MemorySegment.NULL);
      }
      if (random.nextBoolean()) {
        int[] order = random.nextBoolean() ? new int[] {container, group} : new int[] {group};
        for (int fd : order) {
          client.close(fd);
        }
        mapping.unmap();
        client.close(device);
      }
    } finally {
      client.close();
    }
  }

  private void rebind(Random random) {
    String device = List.of("a", "b0", "b1").get(random.nextInt(3));
    if (random.nextBoolean()) {
      rig.registry.admin().unbind(device);
    } else {
      rig.registry.admin().bind(device, "fake");
    }
  }

  private void assertNothingLeft() throws InterruptedException {
    rig.assertNoViolation();
    assertThat(rig.registry.admin().containers()).isEmpty();
    for (String device : List.of("a", "b0", "b1", "c")) {
      while (rig.registry.admin().device(device).state() == State.REMOVING) {
        Thread.sleep(1);
      }
      rig.registry.admin().setOverride(device, "fake");
      rig.registry.admin().probe(device);
      assertThat(rig.registry.admin().device(device).openCount()).isZero();
    }
    assertThat(rig.driver.devices).hasSize(4);
    assertThat(rig.openA().device()).isNotNegative();
  }

  @Test
  void clientsAgainstUnbinding() throws Exception {
    race(this::live, this::live, this::rebind);
    assertNothingLeft();
  }

  @Test
  void clientsAgainstADriverThatComesAndGoes() throws Exception {
    race(
        this::live,
        this::live,
        random -> {
          rig.registry.removeDriver(rig.driver);
          rig.registry.addDriver(rig.driver, 0);
        });
    assertNothingLeft();
  }

  @Test
  void clientsAgainstABackendThatComesAndGoes() throws Exception {
    race(
        this::live,
        this::live,
        random -> {
          rig.registry.removeBackend(rig.backend);
          rig.registry.addBackend(rig.backend, 0);
        });
    assertNothingLeft();
  }

  @Test
  void everythingAtOnce() throws Exception {
    race(
        this::live,
        this::live,
        this::rebind,
        random -> rig.registry.admin().explain("a"),
        random -> {
          rig.registry.admin().groups();
          rig.registry.admin().containers();
          rig.registry.admin().devices();
          rig.registry.admin().drivers();
          rig.registry.admin().backends();
          rig.registry.admin().clients();
        },
        random -> {
          rig.registry.removeDriver(rig.driver);
          rig.registry.addDriver(rig.driver, 0);
        },
        random -> {
          rig.bus.pull(rig.c);
          rig.bus.plug("c", rig.group3);
        });
    assertNothingLeft();
  }

  @Test
  void oneClientManyThreads() throws Exception {
    VfioClient client = rig.client;
    race(
        random -> client.openContainer(),
        random -> client.close(random.nextInt(8)),
        random -> client.close(random.nextInt(8)),
        random -> client.dup(random.nextInt(8)),
        random -> client.openGroup(1 + random.nextInt(3)),
        random ->
            client.ioctl(
                random.nextInt(8),
                VfioHeader.VFIO_GROUP_SET_CONTAINER,
                Rig.struct(random.nextInt(8))),
        random ->
            client.ioctl(random.nextInt(8), VfioHeader.VFIO_SET_IOMMU, Args.immediate(Rig.TYPE)),
        random ->
            client.ioctl(random.nextInt(8), VfioHeader.VFIO_GROUP_GET_DEVICE_FD, Rig.text("a")),
        random -> client.pread(random.nextInt(8), Rig.struct(0), 0));
    client.close();
    rig.assertNoViolation();
    assertThat(rig.registry.admin().containers()).isEmpty();
  }
}
