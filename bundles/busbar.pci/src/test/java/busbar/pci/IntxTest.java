package busbar.pci;

import static busbar.api.Errno.EBUSY;
import static busbar.api.Errno.ENODEV;
import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.EventFd;
import busbar.api.irq.InterruptSource.Sharing;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntxTest {
  private static final int INTX = VFIO_PCI_INTX_IRQ_INDEX;
  private static final int ARM = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int RESAMPLE = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK;
  private static final int UNMASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK;
  private static final int DISABLE = 0x400;

  private final FakeFunction function = ConfigImage.card();
  private Rig rig;
  private EventFd fired;

  @BeforeEach
  void bind() {
    rig = new Rig(function).bind();
    fired = rig.vfio.give(1);
  }

  private void arm() {
    rig.irqs(ARM, INTX, 0, 1, 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anInterruptIsMaskedUntilTheUserUnmasksIt(boolean maskable) {
    function.maskable = maskable;
    rig.open();
    arm();
    assertThat(function.line.sharing).isEqualTo(maskable ? Sharing.SHARED : Sharing.EXCLUSIVE);
    function.assertIntx(true);
    assertThat(fired.take()).isEqualTo(1);
    function.assertIntx(false);
    function.assertIntx(true);
    assertThat(fired.take()).as("it is masked").isZero();
    rig.irqs(UNMASK, INTX, 0, 1);
    assertThat(fired.take()).as("it is asserted still").isEqualTo(1);
    function.assertIntx(false);
    rig.irqs(UNMASK, INTX, 0, 1);
    assertThat(fired.take()).isZero();
    function.assertIntx(true);
    assertThat(fired.take()).isEqualTo(1);
  }

  @Test
  void anInterruptOfANeighbourOnTheLineIsNotOurs() {
    rig.open();
    arm();
    function.line.setLevel(true);
    assertThat(fired.peek()).isZero();
    assertThat(function.get(4, 2) & DISABLE).isZero();
  }

  @Test
  void aLineThatIsTakenAndCannotBeSharedFailsTheCall() {
    function.maskable = false;
    function.line.taken = true;
    rig.open();
    Rig.refused(EBUSY, this::arm);
    function.line.taken = false;
    arm();
  }

  @Test
  void aPinWithoutALineIsHidden() {
    function.routed = false;
    rig.open();
    assertThat(rig.config(0x3d, 1)).isZero();
    assertThat(rig.core.opened().irqCount(INTX)).isZero();
  }

  @Test
  void aLineThatVanishesIsNoDevice() {
    rig.open();
    function.routed = false;
    Rig.refused(ENODEV, this::arm);
  }

  @Test
  void theDisableBitOfTheUserSuppressesAndLaterDelivers() {
    rig.open();
    rig.config(4, 2, DISABLE | 2);
    arm();
    function.assertIntx(true);
    assertThat(fired.take()).isZero();
    assertThat(rig.config(4, 2)).isEqualTo(DISABLE | 2);
    rig.config(5, 1, 0);
    assertThat(fired.take()).isEqualTo(1);
    assertThat(function.get(4, 2) & DISABLE).as("masked in hardware").isEqualTo(DISABLE);
    assertThat(rig.config(4, 2)).as("and not in the user's view").isEqualTo(2);
  }

  @Test
  void anEventfdUnmasksAndAsksAgain() throws InterruptedException {
    rig.open();
    arm();
    EventFd resample = rig.vfio.give(2);
    rig.irqs(RESAMPLE, INTX, 0, 1, 2);
    rig.vfio.give(3);
    Rig.refused(EBUSY, () -> rig.irqs(RESAMPLE, INTX, 0, 1, 3));
    function.assertIntx(true);
    assertThat(fired.take()).isEqualTo(1);
    resample.signal();
    assertThat(fired.await(TimeUnit.SECONDS.toNanos(5))).isEqualTo(1);
    assertThat(resample.peek()).as("its count is taken").isZero();
    function.assertIntx(false);
    resample.signal();
    function.assertIntx(true);
    assertThat(fired.take()).isEqualTo(1);
    rig.irqs(RESAMPLE, INTX, 0, 1, -1);
    resample.signal();
    assertThat(fired.await(TimeUnit.MILLISECONDS.toNanos(20))).isZero();
  }

  @Test
  void aClosedResampleEventfdLeavesRoomForAnother() {
    rig.open();
    arm();
    rig.vfio.give(2);
    rig.irqs(RESAMPLE, INTX, 0, 1, 2);
    rig.vfio.eventFds.get(2).close();
    rig.vfio.give(3);
    rig.irqs(RESAMPLE, INTX, 0, 1, 3);
    function.assertIntx(true);
    function.assertIntx(false);
    rig.vfio.eventFds.get(3).signal();
    function.assertIntx(true);
    assertThat(fired.take()).isEqualTo(2);
  }

  @Test
  void swappingTheEventfdKeepsTheMask() {
    rig.open();
    arm();
    function.assertIntx(true);
    assertThat(fired.take()).isEqualTo(1);
    EventFd other = rig.vfio.give(4);
    rig.irqs(ARM, INTX, 0, 1, 4);
    assertThat(other.peek()).isZero();
    rig.irqs(UNMASK, INTX, 0, 1);
    assertThat(other.take()).isEqualTo(1);
    rig.irqs(ARM, INTX, 0, 1, -1);
    rig.irqs(UNMASK, INTX, 0, 1);
    assertThat(fired.peek() + other.peek()).isZero();
  }

  @Test
  void nointxmaskUsesTheLineEvenWhereTheBitWorks() {
    Rig.TestConfig config = new Rig.TestConfig();
    config.nointxmask = true;
    rig = new Rig(function, new VfioPciDriver(config), rig.vfio).bind().open();
    arm();
    function.put(6, 2, function.get(6, 2) | 8);
    function.line.setLevel(true);
    assertThat(fired.take()).isEqualTo(1);
    assertThat(function.line.disabled).isEqualTo(1);
    assertThat(function.get(4, 2) & DISABLE).isZero();
  }
}
