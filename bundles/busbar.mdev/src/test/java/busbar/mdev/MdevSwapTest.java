package busbar.mdev;

import static busbar.mdev.MdevBusTest.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.client.ClientPolicy;
import busbar.api.client.VfioClient;
import busbar.api.device.VfioBusDriver;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.Candidate;
import busbar.api.swap.SwapPlan.Transfer;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapSettings;
import busbar.api.time.VirtualTiming;
import busbar.registry.Registry;
import busbar.type1.Type1Driver;
import busbar.type1.Type1Parameters;
import busbar.uapi.VfioHeader;
import java.lang.annotation.Annotation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Children go from one parent to another with the real core between them and their users. */
@Timeout(60)
class MdevSwapTest {
  private static final String ONE = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
  private static final String TWO = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002";
  private static final String THREE = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1003";
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final Map<String, Object> OLD = Map.of("service.bundleid", 100L);
  private static final Map<String, Object> NEW = Map.of("service.bundleid", 110L);

  private record Unlimited(
      boolean allowUnsafeInterrupts, boolean disableHugepages, long dmaEntryLimit)
      implements Type1Parameters.Config {
    @Override
    public Class<? extends Annotation> annotationType() {
      return Type1Parameters.Config.class;
    }
  }

  private final VirtualTiming timing = new VirtualTiming();
  private final Registry registry = new Registry(timing, new PhysicalMemory());
  private final StatefulParent first = new StatefulParent(2, "the first version");
  private final StatefulParent second = new StatefulParent(2, "the second version");
  private final VfioClient client = registry.vfio().connect(ClientPolicy.privileged("client"));
  private MdevBus bus;

  /** As the registry's component does: the provider's bundle says name and version. */
  private Runnable offer(VfioBusDriver<?> driver, Map<String, Object> properties) {
    long provider = (Long) properties.get(VfioBusDriver.PROVIDER);
    String version = provider == 100 ? "1.0.0" : "1.1.0";
    registry.addDriver(driver, 0, new Candidate("byte", "busbar.model.byte", version, provider));
    return () -> registry.removeDriver(driver);
  }

  private void start(long graceMillis) {
    bus = new MdevBus(this::offer, timing, graceMillis);
    registry.addBackend(
        new Type1Driver(new Type1Parameters(new Unlimited(false, false, 65535))), 0);
    registry.addBus(bus);
    bus.addParent(first, OLD);
    bus.create("byte", "byte-1", ONE);
    bus.create("byte", "byte-1", TWO);
  }

  @AfterEach
  void close() {
    registry.close();
  }

  private int open(String uuid) {
    int group = client.openGroup(registry.admin().device(uuid).group().orElseThrow());
    int container = client.openContainer();
    MemorySegment fd = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_INT, container);
    client.ioctl(group, VfioHeader.VFIO_GROUP_SET_CONTAINER, fd);
    client.ioctl(
        container, VfioHeader.VFIO_SET_IOMMU, Args.immediate(VfioHeader.VFIO_TYPE1v2_IOMMU));
    MemorySegment name = Arena.ofAuto().allocateFrom(uuid);
    long device = client.ioctl(group, VfioHeader.VFIO_GROUP_GET_DEVICE_FD, name);
    client.close(group);
    return (int) device;
  }

  private byte read(int device) {
    byte[] value = new byte[1];
    client.pread(device, MemorySegment.ofArray(value), 0);
    return value[0];
  }

  private void write(int device, int value) {
    client.pwrite(device, MemorySegment.ofArray(new byte[] {(byte) value}), 0);
  }

  private void swap(String uuid, String to) {
    registry.swapAdmin().swap(uuid, to, "test");
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  private static <T> CompletableFuture<T> later(Supplier<T> action) {
    return CompletableFuture.supplyAsync(action, task -> Thread.ofVirtual().start(task));
  }

  @Test
  void oneChildIsSwappedToAnotherVersionAndBack() {
    start(10_000);
    bus.addParent(second, NEW);
    int device = open(ONE);
    write(device, 42);
    assertThat(registry.swapAdmin().plan(ONE, "byte@1.1.0").getFirst().transfer())
        .isEqualTo(Transfer.STATE);
    swap(ONE, "byte@1.1.0");
    assertThat(read(device)).isEqualTo((byte) 42);
    assertThat(second.live).containsExactly(ONE);
    assertThat(first.live).containsExactly(TWO);
    assertThat(bus.children()).hasSize(2);
    assertThat(bus.types())
        .as("of each name once")
        .singleElement()
        .satisfies(view -> assertThat(view.availableInstances()).isZero());
    assertThat(errnoOf(() -> bus.create("byte", "byte-1", THREE)))
        .as("the limit is that of the name")
        .isEqualTo(Errno.EUSERS);
    write(device, 43);
    swap(ONE, "byte@1.0.0");
    assertThat(read(device)).isEqualTo((byte) 43);
    assertThat(first.live).containsExactlyInAnyOrder(ONE, TWO);
    assertThat(second.live).isEmpty();
    client.close(device);
    bus.remove(ONE);
    bus.create("byte", "byte-1", THREE);
  }

  @Test
  void aChildThatMovedStaysWhenItsFirstParentGoesAndGoesWithItsSecond() {
    start(10_000);
    bus.addParent(second, NEW);
    swap(ONE, "byte@1.1.0");
    bus.removeParent(first);
    assertThat(second.live).containsExactlyInAnyOrder(ONE, TWO);
    bus.remove(ONE);
    assertThat(second.live).containsExactly(TWO);
    bus.removeParent(second);
    timing.advance(10 * SECOND);
    assertThat(bus.children()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"create refuses", "create fails", "restore refuses", "restore fails"})
  void aSwapThatFailsLeavesTheChildWithItsParent(String how) {
    start(10_000);
    bus.addParent(second, NEW);
    int device = open(ONE);
    write(device, 42);
    RuntimeException failure =
        how.endsWith("refuses")
            ? StatefulParent.refusing()
            : new IllegalStateException("a bug of the second version");
    if (how.startsWith("create")) {
      second.onCreate = failure;
    } else {
      second.onRestore = failure;
    }
    assertThat(errnoOf(() -> swap(ONE, "byte@1.1.0")))
        .isEqualTo(how.endsWith("refuses") ? Errno.ENOSPC : Errno.EIO);
    assertThat(read(device)).isEqualTo((byte) 42);
    assertThat(second.live).isEmpty();
    bus.removeParent(second);
    assertThat(first.live).containsExactlyInAnyOrder(ONE, TWO);
    assertThat(read(device)).isEqualTo((byte) 42);
    bus.addParent(second, NEW);
    second.onCreate = null;
    second.onRestore = null;
    swap(ONE, "byte@1.1.0");
    assertThat(read(device)).isEqualTo((byte) 42);
  }

  @Test
  void theUserOfAChildNoticesNothingWhenItsParentGoesAndAnotherIsThere() {
    start(10_000);
    bus.addParent(second, NEW);
    int device = open(ONE);
    write(device, 42);
    bus.removeParent(first);
    assertThat(read(device)).isEqualTo((byte) 42);
    assertThat(second.live).containsExactlyInAnyOrder(ONE, TWO);
    assertThat(first.live).isEmpty();
    assertThat(registry.admin().device(TWO).driver()).contains("byte");
  }

  @Test
  void anUpdateOfTheOnlyParentIsAPauseForTheUser() throws Exception {
    start(10_000);
    int device = open(ONE);
    write(device, 42);
    bus.removeParent(first);
    CompletableFuture<Byte> reading = later(() -> read(device));
    timing.advance(5 * SECOND);
    assertThat(reading).isNotDone();
    bus.addParent(second, NEW);
    assertThat(reading.get(20, TimeUnit.SECONDS)).isEqualTo((byte) 42);
    assertThat(second.live).containsExactlyInAnyOrder(ONE, TWO);
    timing.advance(20 * SECOND);
    assertThat(read(device)).isEqualTo((byte) 42);
  }

  @Test
  void theBusWaitsAsLongAsTheCore() throws Exception {
    start(1_000);
    bus.setSwapAdmin(registry.swapAdmin());
    int device = open(ONE);
    write(device, 42);
    bus.removeParent(first);
    timing.advance(9 * SECOND);
    bus.addParent(second, NEW);
    assertThat(read(device)).isEqualTo((byte) 42);
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000, 10_000, 20_000})
  void withoutASuccessorOperationsFailAndTheChildrenGoWhicheverWaitEndsFirst(long grace)
      throws Exception {
    start(grace);
    int device = open(ONE);
    bus.removeParent(first);
    CompletableFuture<Errno> reading =
        later(
            () -> {
              try {
                read(device);
                return null;
              } catch (VfioException e) {
                return e.errno();
              }
            });
    CompletableFuture<Void> clock =
        later(
            () -> {
              for (int i = 0; i < 30; i++) {
                timing.advance(SECOND);
              }
              return null;
            });
    assertThat(reading.get(20, TimeUnit.SECONDS)).isEqualTo(Errno.ENODEV);
    clock.get(20, TimeUnit.SECONDS);
    await(() -> bus.children().isEmpty());
    assertThat(first.live).isEmpty();
    client.close(device);
    bus.addParent(second, NEW);
    bus.create("byte", "byte-1", ONE);
    assertThat(second.live).containsExactly(ONE);
  }

  @Test
  void aChildInUseCanBeRemovedWhileItsParentIsAwaited() throws Exception {
    start(10_000);
    int device = open(ONE);
    bus.removeParent(first);
    Thread removal = Thread.ofVirtual().start(() -> bus.remove(ONE));
    assertThat(removal.join(Duration.ofSeconds(20))).isTrue();
    assertThat(errnoOf(() -> read(device))).isEqualTo(Errno.ENODEV);
    bus.addParent(second, NEW);
    assertThat(second.live).containsExactly(TWO);
  }

  @Test
  void aNewerVersionTakesOverOfItselfIfThePolicySaysSo() {
    start(10_000);
    int device = open(ONE);
    write(device, 42);
    registry.swapAdmin().settings(new SwapSettings(10_000, 2_000, SwapPolicy.ALWAYS));
    bus.addParent(second, NEW);
    assertThat(second.live).containsExactlyInAnyOrder(ONE, TWO);
    assertThat(first.live).isEmpty();
    assertThat(read(device)).isEqualTo((byte) 42);
    bus.removeParent(first);
    assertThat(read(device)).isEqualTo((byte) 42);
  }

  @Test
  void usersWhoWorkAllTheWhileReadWhatTheyWrote() throws Exception {
    start(10_000);
    bus.addParent(second, NEW);
    AtomicBoolean over = new AtomicBoolean();
    List<CompletableFuture<Integer>> users = new ArrayList<>();
    for (String uuid : List.of(ONE, TWO)) {
      int device = open(uuid);
      users.add(
          later(
              () -> {
                int rounds = 0;
                while (!over.get()) {
                  write(device, rounds);
                  assertThat(read(device)).isEqualTo((byte) rounds);
                  rounds++;
                }
                return rounds;
              }));
    }
    for (int i = 0; i < 100; i++) {
      boolean forth = i % 2 == 0;
      swap(ONE, forth ? "byte@1.1.0" : "byte@1.0.0");
      StatefulParent leaving = forth ? first : second;
      assertThat(leaving.live).containsExactly(TWO);
      bus.removeParent(leaving);
      assertThat(leaving.live).isEmpty();
      bus.addParent(leaving, forth ? OLD : NEW);
    }
    over.set(true);
    for (CompletableFuture<Integer> user : users) {
      assertThat(user.get(20, TimeUnit.SECONDS)).isPositive();
    }
  }
}
