package busbar.mdev;

import static busbar.mdev.MdevBusTest.errnoOf;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.bus.HostSetup;
import busbar.api.mdev.MdevAdmin.ChildView;
import busbar.api.time.VirtualTiming;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ParentsTest {
  private static final String ONE = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
  private static final String TWO = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002";
  private static final String THREE = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1003";
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final VirtualTiming timing = new VirtualTiming();
  private final FakeCore core = new FakeCore();
  private final FakeParent first = new FakeParent(5);

  private MdevBus bus(long graceMillis) {
    MdevBus bus = new MdevBus(core, timing, graceMillis);
    bus.addListener(core);
    bus.addParent(first, Map.of());
    bus.create("fake", "fake-small", ONE);
    bus.create("fake", "fake-large", TWO);
    return bus;
  }

  @Test
  void childrenWaitForTheSuccessorOfTheirParent() {
    MdevBus bus = bus(10_000);
    bus.removeParent(first);
    assertThat(core.drivers).isEmpty();
    assertThat(bus.children()).hasSize(2);
    assertThat(bus.types()).isEmpty();
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", ONE.replace('8', '9'))))
        .isEqualTo(Errno.ENODEV);
    timing.advance(9 * SECOND);

    FakeParent second = new FakeParent(5);
    bus.addParent(second, Map.of());
    assertThat(second.live).containsExactlyInAnyOrder(ONE, TWO);
    assertThat(first.live).isEmpty();
    assertThat(((FakeParent.Child) core.dataOf(ONE)).parent()).isSameAs(second);
    timing.advance(10 * SECOND);
    assertThat(bus.children()).hasSize(2);
    assertThat(bus.types()).extracting(view -> view.availableInstances()).containsOnly(3);
    bus.remove(ONE);
    assertThat(second.live).containsExactly(TWO);
  }

  @Test
  void withoutSuccessorTheChildrenGoWhenTheGracePeriodEnds() {
    MdevBus bus = bus(10_000);
    bus.removeParent(first);
    timing.advance(10 * SECOND);
    assertThat(bus.children()).isEmpty();
    assertThat(core.known).isEmpty();
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", ONE))).isEqualTo(Errno.ENOENT);
    bus.addParent(first, Map.of());
    bus.create("fake", "fake-small", ONE);
  }

  @Test
  void childrenOfATypeThatTheSuccessorLacksGo() throws Exception {
    MdevBus bus = bus(10_000);
    bus.removeParent(first);
    FakeParent second = new FakeParent(5);
    second.types = List.of(FakeParent.SMALL);
    bus.addParent(second, Map.of());
    while (bus.children().size() == 2) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    assertThat(bus.children()).containsExactly(new ChildView(ONE, "fake", "fake-small"));
    assertThat(second.live).containsExactly(ONE);
  }

  @Test
  void anotherParentOfTheNameGetsTheChildrenAtOnce() {
    MdevBus bus = bus(10_000);
    FakeParent second = new FakeParent(5);
    bus.addParent(second, Map.of());
    assertThat(core.drivers).as("both are known").hasSize(2);
    assertThat(second.live).isEmpty();
    bus.create("fake", "fake-small", THREE);
    assertThat(first.live).as("the first one makes children").contains(THREE);
    bus.removeParent(first);
    assertThat(second.live).containsExactlyInAnyOrder(ONE, TWO, THREE);
    assertThat(timing.pending()).isEmpty();
    bus.remove(THREE);
    assertThat(bus.types()).extracting(view -> view.availableInstances()).containsOnly(3);
  }

  @Test
  void withoutGracePeriodTooAnotherParentGetsTheChildren() {
    MdevBus bus = bus(0);
    FakeParent second = new FakeParent(5);
    bus.addParent(second, Map.of());
    core.open.put(ONE, new CountDownLatch(1));
    bus.removeParent(first);
    assertThat(second.live).containsExactlyInAnyOrder(ONE, TWO);
  }

  @Test
  void aSecondParentThatLeavesTakesNothingAlong() {
    MdevBus bus = bus(10_000);
    FakeParent second = new FakeParent(5);
    bus.addParent(second, Map.of());
    bus.removeParent(second);
    assertThat(core.drivers).hasSize(1);
    assertThat(timing.pending()).isEmpty();
    assertThat(first.live).containsExactlyInAnyOrder(ONE, TWO);
    bus.removeParent(first);
    assertThat(core.drivers).isEmpty();
    assertThat(bus.children()).hasSize(2);
  }

  @Test
  void aChildCanBeRemovedWhileItsParentIsAwaited() {
    MdevBus bus = bus(10_000);
    bus.removeParent(first);
    bus.remove(ONE);
    FakeParent second = new FakeParent(5);
    bus.addParent(second, Map.of());
    assertThat(second.live).containsExactly(TWO);
    assertThat(bus.types()).extracting(view -> view.availableInstances()).containsOnly(4);
  }

  @Test
  void aSuccessorThatRefusesAChildLeavesItOnTheBus() {
    MdevBus bus = bus(10_000);
    bus.removeParent(first);
    FakeParent second = new FakeParent(5);
    second.refusal = Errno.ENOSPC;
    bus.addParent(second, Map.of());
    assertThat(second.live).isEmpty();
    assertThat(bus.children()).hasSize(2);
    bus.removeParent(second);
    FakeParent third = new FakeParent(5);
    third.fails = true;
    bus.addParent(third, Map.of());
    assertThat(bus.children()).hasSize(2);
    bus.removeParent(third);
    bus.addParent(first, Map.of());
    assertThat(first.live).containsExactlyInAnyOrder(ONE, TWO);
  }

  @Test
  void theCoresGraceIsTheLeast() {
    MdevBus bus = bus(1_000);
    bus.setSwapAdmin(new FixedGrace(8_000));
    bus.removeParent(first);
    timing.advance(7 * SECOND);
    assertThat(bus.children()).hasSize(2);
    timing.advance(SECOND);
    assertThat(bus.children()).isEmpty();
  }

  @Test
  void withoutGracePeriodAParentStaysUntilAllUsersHaveLetGo() throws Exception {
    MdevBus bus = bus(0);
    CountDownLatch userOfOne = new CountDownLatch(1);
    CountDownLatch userOfTwo = new CountDownLatch(1);
    core.open.put(ONE, userOfOne);
    core.open.put(TWO, userOfTwo);
    Thread removal = Thread.ofVirtual().start(() -> bus.removeParent(first));
    userOfTwo.countDown();
    while (bus.children().size() == 2) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    assertThat(removal.isAlive()).isTrue();
    assertThat(core.drivers).as("serves those that are open").hasSize(1);
    assertThat(errnoOf(() -> bus.create("fake", "fake-small", TWO))).isEqualTo(Errno.ENODEV);
    assertThat(errnoOf(() -> bus.remove(ONE))).isEqualTo(Errno.EAGAIN);
    userOfOne.countDown();
    assertThat(removal.join(Duration.ofSeconds(20))).isTrue();
    assertThat(core.drivers).isEmpty();
    assertThat(bus.children()).isEmpty();
    assertThat(first.live).isEmpty();
  }

  private static HostSetup setup(String uuid, String parent) {
    return new HostSetup() {
      @Override
      public String machine() {
        return "test";
      }

      @Override
      public Map<String, String> parameters() {
        return Map.of();
      }

      @Override
      public List<Mediated> mediatedDevices() {
        return List.of(new Mediated(uuid, parent, parent + "-small"));
      }
    };
  }

  @Test
  void whatTheHostWasSetUpWithIsMadeWhenItsParentComes() {
    MdevBus bus = new MdevBus(core, timing, 10_000);
    bus.addListener(core);
    bus.addSetup(setup(ONE, "fake"));
    bus.addSetup(setup(TWO, "absent"));
    assertThat(bus.children()).isEmpty();
    bus.addParent(first, Map.of());
    assertThat(bus.children()).containsExactly(new ChildView(ONE, "fake", "fake-small"));
    bus.addSetup(setup(TWO, "fake"));
    assertThat(first.live).containsExactlyInAnyOrder(ONE, TWO);
  }

  @Test
  void aHostThatIsOffTakesItsDevicesWithItUnasked() {
    MdevBus bus = new MdevBus(core, timing, 10_000);
    bus.addListener(core);
    bus.addParent(first, Map.of());
    HostSetup host = setup(ONE, "fake");
    HostSetup other = setup("83b8f4f2-509f-382f-3c1e-e6bfe0fa1003", "absent");
    bus.addSetup(host);
    bus.addSetup(other);
    bus.create("fake", "fake-small", TWO);
    core.open.put(ONE, new CountDownLatch(1));
    bus.removeSetup(host);
    assertThat(core.vanished).containsExactly(ONE);
    assertThat(bus.children()).extracting(ChildView::uuid).containsExactly(TWO);
    bus.removeSetup(other);
    assertThat(bus.children()).isEmpty();
    assertThat(first.live).isEmpty();
  }

  @Test
  void aBusThatGoesTakesItsDriversBack() {
    MdevBus bus = bus(10_000);
    bus.deactivate();
    assertThat(core.drivers).isEmpty();
    assertThat(first.live).isEmpty();
  }
}
