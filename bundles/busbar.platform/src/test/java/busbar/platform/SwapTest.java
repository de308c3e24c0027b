package busbar.platform;

import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import busbar.api.EventFd;
import busbar.api.device.VfioBusDriver;
import busbar.api.platform.PlatformDevice.Trigger;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import busbar.conformance.swap.Copy;
import busbar.conformance.swap.Damage;
import busbar.conformance.swap.Side;
import busbar.conformance.swap.Swap;
import busbar.uapi.VfioIrqSet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Swaps in every order that the registry has, between versions in class loaders of their own. */
class SwapTest {
  private enum Ending {
    DONE,
    CALLED_OFF,
    NEVER_RESTORED
  }

  private static final int ARM = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int RESAMPLE = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK;

  /** A version of the driver with a device. */
  private static final class Version {
    final FakeHost host;
    final Copy copy = new Copy(AmbaDriver.class, Map.of());
    final VfioBusDriver<Object> driver = driver();
    final Object device;

    Version(FakeHost host) {
      this.host = host;
      device = driver.probe(host, host);
    }

    @SuppressWarnings("unchecked")
    private VfioBusDriver<Object> driver() {
      return copy.as(VfioBusDriver.class);
    }

    @SuppressWarnings("unchecked")
    Side<Object> side() {
      return new Side<>(
          (HandoverOps<Object>) driver.capability(HandoverOps.class).orElseThrow(),
          device,
          copy::owns,
          () -> driver.remove(device));
    }

    Version open() {
      driver.open(device, host);
      return this;
    }

    void irqs(int flags, int fd) {
      MemorySegment argument = MemorySegment.ofArray(new byte[(int) VfioIrqSet.SIZE + 4]);
      new VfioIrqSet((int) argument.byteSize(), flags, 0, 0, 1).encode(argument);
      argument.set(ValueLayout.JAVA_INT_UNALIGNED, VfioIrqSet.OFFSET_DATA, fd);
      driver.ioctl(device, host, VFIO_DEVICE_SET_IRQS, argument);
    }
  }

  /** A device whose line is wired, and the interrupts that were raised. */
  private static final class Wired {
    final FakeHost host;
    final EventFd fired = new EventFd();
    final EventFd resample = new EventFd();
    Version version;
    int raised;

    Wired(Trigger trigger) {
      host = new FakeHost(trigger, 0x1000);
      host.eventFds.put(3, fired);
      host.eventFds.put(4, resample);
      version = new Version(host).open();
      version.irqs(ARM, 3);
      if (trigger == Trigger.LEVEL) {
        version.irqs(RESAMPLE, 4);
      }
    }

    void raise() {
      raised++;
      host.line.set(true);
      host.line.set(false);
      resample.signal();
    }

    void swap(Ending ending) {
      Version next = new Version(host);
      switch (ending) {
        case DONE -> {
          Swap.succeeds(version.side(), next.side(), phase -> raise());
          version = next;
        }
        case CALLED_OFF -> Swap.isCalledOff(version.side(), next.side(), phase -> raise());
        case NEVER_RESTORED -> Swap.neverRestores(version.side(), next.side(), phase -> raise());
      }
    }

    void assertEverythingCameOnce() {
      assertThat(fired.take()).isEqualTo(raised);
      assertThat(host.line.requests).isEqualTo(1);
      version.driver.release(version.device);
      assertThat(host.line.isHandled()).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "LEVEL,DONE", "LEVEL,CALLED_OFF", "LEVEL,NEVER_RESTORED",
    "EDGE,DONE", "EDGE,CALLED_OFF", "EDGE,NEVER_RESTORED"
  })
  void whatIsRaisedInAnyPhaseComesOnce(Trigger trigger, Ending ending) {
    Wired wired = new Wired(trigger);
    wired.swap(ending);
    wired.raise();
    wired.swap(Ending.DONE);
    wired.swap(ending);
    wired.raise();
    wired.assertEverythingCameOnce();
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void aClosedDeviceCanBeOpenedAfterwards(Ending ending) {
    FakeHost host = new FakeHost(Trigger.LEVEL, 0x1000);
    Version old = new Version(host);
    Version next = new Version(host);
    switch (ending) {
      case DONE -> Swap.succeeds(old.side(), next.side(), phase -> {});
      case CALLED_OFF -> Swap.isCalledOff(old.side(), next.side(), phase -> {});
      case NEVER_RESTORED -> Swap.neverRestores(old.side(), next.side(), phase -> {});
    }
    assertThat(host.line.isHandled()).as("nobody has the line of a closed device").isFalse();
    Version left = ending == Ending.DONE ? next : old;
    left.open();
    assertThat(host.line.requests).isEqualTo(1);
    left.driver.release(left.device);
  }

  @Test
  void aLineThatIsMaskedBetweenSaveAndRestoreIsMaskedForTheSuccessor() {
    Wired wired = new Wired(Trigger.LEVEL);
    Version next = new Version(wired.host);
    StateRecord state = wired.version.side().save();
    wired.host.line.set(true);
    next.side().restore(state);
    wired.version.side().leave();
    assertThat(wired.fired.take()).isEqualTo(1);
    wired.resample.signal();
    assertThat(wired.fired.take()).as("still high").isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Trigger.class)
  void aStateThatIsDamagedInOnePlaceIsRefusedAndTheOldOneGoesOn(Trigger trigger) {
    Wired wired = new Wired(trigger);
    int refused = 0;
    for (Damage damage : Damage.of(wired.version.side().save())) {
      Version next = new Version(wired.host);
      refused += Swap.isRefused(wired.version.side(), next.side(), damage.record()) ? 1 : 0;
      wired.raise();
      wired.version.side().save();
    }
    wired.version.side().resume();
    assertThat(refused).isGreaterThan(10);
    wired.assertEverythingCameOnce();
  }

  @Test
  void aLineThatWasNotToBeHadStaysSo() {
    FakeHost host = new FakeHost(Trigger.LEVEL, 0x1000);
    host.line.taken = true;
    Version old = new Version(host).open();
    Version next = new Version(host);
    Swap.succeeds(old.side(), next.side(), phase -> {});
    host.eventFds.put(3, new EventFd());
    assertThat(catchThrowable(() -> next.irqs(ARM, 3))).hasMessageStartingWith("EBUSY");
    next.driver.release(next.device);
  }

  @ParameterizedTest
  @EnumSource(Trigger.class)
  void whoeverLeavesIsCollected(Trigger trigger) {
    Wired wired = new Wired(trigger);
    WeakReference<ClassLoader> first = wired.version.copy.trace();
    wired.swap(Ending.DONE);
    assertThat(Copy.isCollected(first)).isTrue();
    Version next = new Version(wired.host);
    Swap.isCalledOff(wired.version.side(), next.side(), phase -> wired.raise());
    WeakReference<ClassLoader> second = next.copy.trace();
    next = null;
    assertThat(Copy.isCollected(second)).isTrue();
    wired.assertEverythingCameOnce();
  }
}
