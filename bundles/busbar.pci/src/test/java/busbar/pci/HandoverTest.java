package busbar.pci;

import static busbar.api.Errno.EINVAL;
import static busbar.api.Errno.EIO;
import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.EventFd;
import busbar.api.state.StateRecord;
import busbar.uapi.VfioDeviceIoeventfd;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One version of the driver saves, hardware goes on, the next version restores. */
class HandoverTest {
  private static final int ARM = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int RESAMPLE = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK;
  private static final int UNMASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK;

  private final FakeFunction function = ConfigImage.card();
  private final Rig old = new Rig(function).bind().open();

  /** The next version takes over; {@code meanwhile} happens after the save. */
  private Rig swap(Runnable meanwhile) {
    function.events.clear();
    StateRecord state = old.driver.save(old.core);
    meanwhile.run();
    Rig next = old.successor();
    next.driver.restore(next.core, state);
    old.driver.forget(old.core);
    old.driver.remove(old.core);
    assertThat(function.events).as("hardware is not touched").isEmpty();
    return next;
  }

  @Test
  void aMessageBetweenSaveAndRestoreIsNotLost() {
    EventFd first = old.vfio.give(1);
    EventFd second = old.vfio.give(2);
    old.irqs(ARM, VFIO_PCI_MSIX_IRQ_INDEX, 0, 2, 1, 2);
    Rig next = swap(() -> function.vectors.get(1).edge());
    function.vectors.get(0).edge();
    function.vectors.get(1).edge();
    assertThat(first.take()).isEqualTo(1);
    assertThat(second.take()).isEqualTo(2);
    EventFd third = next.vfio.give(3);
    next.irqs(ARM, VFIO_PCI_MSIX_IRQ_INDEX, 1, 1, 3);
    function.vectors.get(1).edge();
    assertThat(third.take()).isEqualTo(1);
    next.close();
    assertThat(function.messages).isNull();
  }

  @Test
  void anInterruptThatStaysMaskedIsDeliveredWhenTheUserUnmasks() {
    EventFd fired = old.vfio.give(1);
    EventFd resample = old.vfio.give(2);
    old.irqs(ARM, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, 1);
    old.irqs(RESAMPLE, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, 2);
    function.assertIntx(true);
    assertThat(fired.take()).isEqualTo(1);
    Rig next =
        swap(
            () -> {
              function.assertIntx(false);
              resample.signal();
              function.assertIntx(true);
            });
    assertThat(resample.peek()).as("the successor took the signal").isZero();
    assertThat(awaited(fired)).isEqualTo(1);
    function.assertIntx(false);
    next.irqs(UNMASK, VFIO_PCI_INTX_IRQ_INDEX, 0, 1);
    function.assertIntx(true);
    assertThat(fired.take()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPinThatRisesBetweenSaveAndRestoreIsDeliveredOnceAndCanBeUnmasked(boolean maskable) {
    FakeFunction card = ConfigImage.card();
    card.maskable = maskable;
    Rig before = new Rig(card).bind().open();
    EventFd fired = before.vfio.give(1);
    before.irqs(ARM, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, 1);
    StateRecord state = before.driver.save(before.core);
    card.assertIntx(true);
    Rig next = before.successor();
    next.driver.restore(next.core, state);
    before.driver.forget(before.core);
    assertThat(fired.take()).isEqualTo(1);
    card.assertIntx(false);
    next.irqs(UNMASK, VFIO_PCI_INTX_IRQ_INDEX, 0, 1);
    card.assertIntx(true);
    assertThat(fired.take()).isEqualTo(1);
  }

  private static long awaited(EventFd eventFd) {
    try {
      return eventFd.await(5_000_000_000L);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void virtualConfigurationIoeventfdsAndRequestsCarryOver() {
    old.config(0x10, 4, 0xffff_ffffL);
    old.config(0x3c, 1, 0x77);
    old.config(4, 2, 0x406);
    old.vfio.give(1);
    EventFd request = old.vfio.give(2);
    old.irqs(ARM, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, 2);
    ioeventfd(old, 0x40, 0x55);
    Rig next = swap(() -> old.vfio.eventFds.get(1).signal());
    assertThat(next.config(0x10, 4)).isEqualTo(0xfffe_0000L);
    assertThat(next.config(0x3c, 1)).isEqualTo(0x77);
    assertThat(next.config(4, 2)).isEqualTo(0x406);
    assertThat(next.read(0, 0x40, 4)).as("written once, by the successor").isEqualTo(0x55);
    next.driver.request(next.core, 0);
    assertThat(request.take()).isEqualTo(1);
    assertThat(function.claims).containsOnlyKeys(0, 2, 3);
    next.close();
    assertThat(function.claims).isEmpty();
  }

  private static void ioeventfd(Rig rig, long offset, long data) {
    MemorySegment argument = MemorySegment.ofArray(new byte[(int) VfioDeviceIoeventfd.SIZE]);
    new VfioDeviceIoeventfd((int) argument.byteSize(), VFIO_DEVICE_IOEVENTFD_32, offset, data, 1, 0)
        .encode(argument);
    rig.ioctl(VFIO_DEVICE_IOEVENTFD, argument);
  }

  @Test
  void memoryThatIsOffStaysOff() {
    old.config(4, 2, 0);
    Rig next = swap(() -> {});
    Rig.refused(EIO, () -> next.read(0, 0, 4));
    next.config(4, 2, 2);
    next.read(0, 0, 4);
  }

  @Test
  void lowPowerCarriesOver() {
    EventFd wakeup = old.vfio.give(9);
    MemorySegment data = MemorySegment.ofArray(new byte[] {9, 0, 0, 0, 0, 0, 0, 0});
    old.driver.deviceFeature(
        old.core,
        old.vfio,
        VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
        data,
        8);
    assertThat(function.power).isEqualTo(3);
    Rig next = swap(() -> {});
    assertThat(function.power).isEqualTo(3);
    assertThat(wakeup.peek()).isZero();
    next.read(0, 0, 4);
    assertThat(function.power).isZero();
    assertThat(wakeup.take()).isEqualTo(1);
  }

  @Test
  void aSwapThatIsCalledOffLeavesEverythingAsItWas() {
    EventFd fired = old.vfio.give(1);
    EventFd kick = old.vfio.give(2);
    old.vfio.eventFds.put(1, kick);
    ioeventfd(old, 0x40, 0x55);
    old.vfio.eventFds.put(1, fired);
    old.irqs(ARM, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, 1);
    old.driver.save(old.core);
    function.vectors.get(0).edge();
    kick.signal();
    old.driver.resume(old.core);
    function.vectors.get(0).edge();
    assertThat(fired.take()).isEqualTo(2);
    assertThat(old.read(0, 0x40, 4)).isEqualTo(0x55);
  }

  @Test
  void aTokenIsStillOneForBothFunctionsAfterTheSwap() {
    FakeSriov sriov = new FakeSriov();
    function.sriov = sriov;
    Rig physical = new Rig(function, old.driver, new FakeVfio(function)).bind().open();
    physical.driver.configureVirtualFunctions(physical.core, 1);
    FakeFunction virtual = new ConfigImage(256).function();
    virtual.physical = function;
    Rig user = new Rig(virtual, physical.driver, new FakeVfio(virtual)).bind().open();
    StateRecord state = physical.driver.save(physical.core);
    Rig next = physical.successor();
    next.driver.restore(next.core, state);
    physical.driver.forget(physical.core);
    physical.driver.remove(physical.core);
    assertThat(sriov.numVfs()).isEqualTo(1);
    next.core.token().get().set(new UUID(1, 2));
    assertThat(
            user.driver.matches(
                user.core, user.vfio, virtual.name() + " vf_token=" + new UUID(1, 2)))
        .isTrue();
    assertThat(next.driver.bid(virtual)).isPositive();
  }

  @Test
  void aForeignOrNewerStateIsRefusedAndNothingChanges() {
    StateRecord state = old.driver.save(old.core);
    Rig next = old.successor();
    Rig.refused(
        EINVAL,
        () ->
            next.driver.restore(
                next.core, new StateRecord("vfio-pci", Handover.VERSION + 1, state.values())));
    Rig.refused(
        EINVAL,
        () -> next.driver.restore(next.core, new StateRecord("vfio-pci", 1, Map.of("open", true))));
    old.driver.resume(old.core);
    old.read(0, 0, 4);
  }

  @Test
  void aClosedFunctionIsHandedOverToo() {
    Rig.TestConfig config = new Rig.TestConfig();
    config.disableIdleD3 = false;
    FakeFunction card = ConfigImage.card();
    Rig closed = new Rig(card, new VfioPciDriver(config), new FakeVfio(card)).bind();
    assertThat(card.power).isEqualTo(3);
    StateRecord state = closed.driver.save(closed.core);
    Rig next = closed.successor(config);
    next.driver.restore(next.core, state);
    closed.driver.forget(closed.core);
    closed.driver.remove(closed.core);
    next.open();
    assertThat(card.power).isZero();
    next.close();
    assertThat(card.power).isEqualTo(3);
  }
}
