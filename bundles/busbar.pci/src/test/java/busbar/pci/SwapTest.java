package busbar.pci;

import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.EventFd;
import busbar.api.state.StateRecord;
import busbar.conformance.swap.Damage;
import busbar.conformance.swap.Swap;
import busbar.conformance.swap.Swap.Phase;
import busbar.uapi.VfioDeviceIoeventfd;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Swaps in every order that the registry has, with interrupts in every phase. */
class SwapTest {
  private static final int ARM = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int RESAMPLE = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK;
  private static final long DOORBELL = 0x40;

  /** How a swap ends. */
  private enum Ending {
    DONE,
    CALLED_OFF,
    NEVER_RESTORED
  }

  private enum Wiring {
    MSI,
    MSIX,
    INTX_BY_COMMAND,
    INTX_BY_LINE
  }

  /** An open function with everything wired that can be, and what each of it has signalled. */
  private static final class Wired {
    final FakeFunction function = ConfigImage.card();
    final Wiring wiring;
    final EventFd fired;
    final EventFd resample;
    final EventFd doorbell;
    final EventFd error;
    Rig rig;
    int phases;

    Wired(Wiring wiring) {
      this.wiring = wiring;
      function.maskable = wiring != Wiring.INTX_BY_LINE;
      rig = new Rig(function).bind().open();
      rig.config(4, 2, 0x006);
      fired = rig.vfio.give(1);
      resample = rig.vfio.give(2);
      doorbell = rig.vfio.give(3);
      error = rig.vfio.give(4);
      rig.vfio.give(5);
      switch (wiring) {
        case MSI -> rig.irqs(ARM, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, 1);
        case MSIX -> rig.irqs(ARM, VFIO_PCI_MSIX_IRQ_INDEX, 0, 2, 5, 1);
        default -> {
          rig.irqs(ARM, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, 1);
          rig.irqs(RESAMPLE, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, 2);
        }
      }
      rig.irqs(ARM, VFIO_PCI_ERR_IRQ_INDEX, 0, 1, 4);
      rig.irqs(ARM, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, 5);
      MemorySegment ioeventfd = MemorySegment.ofArray(new byte[(int) VfioDeviceIoeventfd.SIZE]);
      new VfioDeviceIoeventfd(
              (int) ioeventfd.byteSize(), VFIO_DEVICE_IOEVENTFD_32, DOORBELL, 7, 3, 0)
          .encode(ioeventfd);
      rig.ioctl(VFIO_DEVICE_IOEVENTFD, ioeventfd);
    }

    /** One of everything. */
    void raise() {
      phases++;
      switch (wiring) {
        case MSI -> function.vectors.get(0).edge();
        case MSIX -> function.vectors.get(1).edge();
        default -> {
          function.assertIntx(true);
          function.assertIntx(false);
          resample.signal();
        }
      }
      doorbell.signal();
      function.errors.run();
    }

    Rig swap(Ending ending, Consumer<Phase> meanwhile) {
      Rig next = rig.successor();
      switch (ending) {
        case DONE -> {
          Swap.succeeds(rig.side(), next.side(), meanwhile);
          rig = next;
        }
        case CALLED_OFF -> Swap.isCalledOff(rig.side(), next.side(), meanwhile);
        case NEVER_RESTORED -> Swap.neverRestores(rig.side(), next.side(), meanwhile);
      }
      return rig;
    }

    void assertEverythingCameOnce() {
      assertThat(fired.take()).as("interrupts").isEqualTo(phases);
      assertThat(error.take()).as("errors").isEqualTo(phases);
      assertThat(function.windows.get(0).accesses.stream().filter(("w4@" + DOORBELL)::equals))
          .as("writes of the ioeventfd")
          .hasSize(phases);
      assertThat(
              function.line.requests
                  + function.vectors.values().stream().mapToInt(line -> line.requests).sum())
          .as("requests of lines")
          .isEqualTo(wiring == Wiring.MSIX ? 2 : 1);
      assertThat(function.events).as("resets").containsOnlyOnce("reset");
      rig.close();
      assertThat(function.claims).isEmpty();
      assertThat(function.messages).isNull();
      assertThat(function.line.handler).isNull();
      assertThat(function.errors).isNull();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "MSI,DONE", "MSI,CALLED_OFF", "MSI,NEVER_RESTORED",
    "MSIX,DONE", "MSIX,CALLED_OFF", "MSIX,NEVER_RESTORED",
    "INTX_BY_COMMAND,DONE", "INTX_BY_COMMAND,CALLED_OFF", "INTX_BY_COMMAND,NEVER_RESTORED",
    "INTX_BY_LINE,DONE", "INTX_BY_LINE,CALLED_OFF", "INTX_BY_LINE,NEVER_RESTORED"
  })
  void whatIsRaisedInAnyPhaseComesOnce(Wiring wiring, Ending ending) {
    Wired wired = new Wired(wiring);
    wired.swap(ending, phase -> wired.raise());
    wired.raise();
    wired.assertEverythingCameOnce();
  }

  @ParameterizedTest
  @EnumSource(Wiring.class)
  void afterSwapsThatFailedOneSucceedsAndIsTakenBack(Wiring wiring) {
    Wired wired = new Wired(wiring);
    for (Ending ending :
        new Ending[] {
          Ending.NEVER_RESTORED,
          Ending.CALLED_OFF,
          Ending.CALLED_OFF,
          Ending.DONE,
          Ending.CALLED_OFF,
          Ending.DONE
        }) {
      wired.swap(ending, phase -> wired.raise());
    }
    wired.assertEverythingCameOnce();
  }

  @ParameterizedTest
  @EnumSource(Wiring.class)
  void aSecondSaveTellsAsMuchAsTheFirst(Wiring wiring) {
    Wired wired = new Wired(wiring);
    Rig next = wired.rig.successor();
    StateRecord first = wired.rig.side().save();
    StateRecord second = wired.rig.side().save();
    assertThat(second.values().keySet()).isEqualTo(first.values().keySet());
    wired.raise();
    next.side().restore(second);
    wired.rig.side().leave();
    wired.rig = next;
    wired.raise();
    wired.assertEverythingCameOnce();
  }

  @ParameterizedTest
  @EnumSource(Wiring.class)
  void aStateThatIsDamagedInOnePlaceIsRefusedAndTheOldOneGoesOn(Wiring wiring) {
    Wired wired = new Wired(wiring);
    int refused = 0;
    int tried = 0;
    for (Damage damage : Damage.of(wired.rig.side().save())) {
      wired.rig.side().resume();
      Rig next = wired.rig.successor();
      wired.rig.side().save();
      try {
        refused += Swap.isRefused(wired.rig.side(), next.side(), damage.record()) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        throw new AssertionError(damage.what(), e);
      }
      tried++;
      wired.raise();
      wired.rig.side().save();
    }
    wired.rig.side().resume();
    assertThat(refused).isGreaterThan(tried / 2);
    wired.assertEverythingCameOnce();
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void virtualFunctionsLearnNothingOfASwapOfTheirClosedPhysicalOne(Ending ending) {
    virtualFunctionsStay(ending, rig -> {});
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void virtualFunctionsLearnNothingOfASwapOfTheirOpenPhysicalOne(Ending ending) {
    virtualFunctionsStay(ending, Rig::open);
  }

  private static void virtualFunctionsStay(Ending ending, Consumer<Rig> use) {
    Rig.TestConfig config = new Rig.TestConfig();
    config.disableIdleD3 = false;
    FakeFunction card = ConfigImage.card();
    FakeSriov sriov = new FakeSriov();
    card.sriov = sriov;
    Rig old = new Rig(card, new VfioPciDriver(config), new FakeVfio(card)).bind();
    old.driver.configureVirtualFunctions(old.core, 2);
    use.accept(old);
    card.events.clear();
    Consumer<Phase> check =
        phase -> {
          assertThat(sriov.numVfs()).as("in %s", phase).isEqualTo(2);
          assertThat(card.power).as("in %s", phase).isZero();
          assertThat(card.events).as("in %s", phase).isEmpty();
        };
    Rig next = old.successor(config);
    switch (ending) {
      case DONE -> Swap.succeeds(old.side(), next.side(), check);
      case CALLED_OFF -> Swap.isCalledOff(old.side(), next.side(), check);
      case NEVER_RESTORED -> Swap.neverRestores(old.side(), next.side(), check);
    }
    Rig left = ending == Ending.DONE ? next : old;
    FakeFunction virtual = new ConfigImage(256).function();
    virtual.physical = card;
    assertThat(left.driver.bid(virtual)).as("it knows its own").isPositive();
    left.driver.remove(left.core);
    assertThat(sriov.numVfs()).as("its removal is theirs").isZero();
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void aWishToBeWokenIsHeardInEveryPhase(Ending ending) {
    for (Phase when : Phase.values()) {
      FakeFunction card = ConfigImage.card();
      Rig old = new Rig(card).bind().open();
      EventFd wakeup = old.vfio.give(9);
      old.driver.deviceFeature(
          old.core,
          old.vfio,
          VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
          MemorySegment.ofArray(new byte[] {9, 0, 0, 0, 0, 0, 0, 0}),
          8);
      assertThat(card.power).isEqualTo(3);
      boolean[] wished = new boolean[1];
      Consumer<Phase> wish =
          phase -> {
            if (phase == when) {
              wished[0] = true;
              card.wakeups.run();
            }
          };
      Rig next = old.successor();
      switch (ending) {
        case DONE -> Swap.succeeds(old.side(), next.side(), wish);
        case CALLED_OFF -> Swap.isCalledOff(old.side(), next.side(), wish);
        case NEVER_RESTORED -> Swap.neverRestores(old.side(), next.side(), wish);
      }
      if (wished[0]) {
        assertThat(awaited(wakeup)).as("woken, wished in %s", when).isEqualTo(1);
        assertThat(card.power).isZero();
        Rig left = ending == Ending.DONE ? next : old;
        left.read(0, 0, 4);
        assertThat(card.power).as("awake for good, and the driver knows it").isZero();
      } else {
        assertThat(card.power).isEqualTo(3);
      }
    }
  }

  private static long awaited(EventFd eventFd) {
    try {
      return eventFd.await(5_000_000_000L);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatParametersWereWhenTheFunctionWasBoundHoldsForTheSuccessorToo() {
    FakeFunction card = ConfigImage.card();
    Rig old = new Rig(card).bind().open();
    Rig.TestConfig config = new Rig.TestConfig();
    config.disableIdleD3 = false;
    Rig next = old.successor(config);
    Swap.succeeds(old.side(), next.side(), phase -> {});
    next.close();
    assertThat(card.power).as("bound with disable_idle_d3").isZero();
  }
}
