package busbar.model.mtty;

import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.device.MigrationState;
import busbar.api.mdev.MdevParent;
import busbar.api.state.HandoverOps;
import busbar.conformance.swap.Copy;
import busbar.conformance.swap.Damage;
import busbar.conformance.swap.DeviceStub;
import busbar.conformance.swap.Side;
import busbar.conformance.swap.Swap;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Swaps in every order that the registry has, a migration in the middle included. */
class SwapTest {
  private static final int ARM = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final long SCRATCH = 7;
  private static final long MODEM_CONTROL = 4;
  private static final long INTERRUPT_ENABLE = 1;

  private static Side<Mtty> side(Card card) {
    return new Side<>(
        card.parent,
        card.mtty,
        type -> type.getPackageName().equals("busbar.model.mtty"),
        () -> card.parent.remove(card.mtty));
  }

  /** A card whose interrupt is wired to MSI and whose modem control raises it. */
  private static Card wired() {
    Card card = new Card(2);
    card.getInfo();
    card.setIrqs(ARM, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, card.eventFd());
    card.write(1, INTERRUPT_ENABLE, 0x08);
    card.write(1, SCRATCH, 0x5a);
    card.write(1, Card.bar(1), 0x42);
    return card;
  }

  private static void assertWhole(Card card, Card wiredBy) {
    assertThat(card.read(1, SCRATCH)).isEqualTo(0x5a);
    assertThat(card.read(1, Card.bar(1))).as("in the FIFO").isEqualTo(0x42);
    wiredBy.at(0).take();
    card.write(1, MODEM_CONTROL, 0x08);
    assertThat(wiredBy.at(0).take()).as("interrupts").isEqualTo(1);
  }

  @Test
  void aSwapThatSucceedsPassesEverythingOn() {
    Card old = wired();
    Card next = new Card(2);
    Swap.succeeds(side(old), side(next), phase -> {});
    assertWhole(next, old);
  }

  @Test
  void afterSwapsThatFailedTheOldOneGoesOnAndOneSucceeds() {
    Card old = wired();
    Swap.neverRestores(side(old), side(new Card(2)), phase -> {});
    Swap.isCalledOff(side(old), side(new Card(2)), phase -> {});
    Card next = new Card(2);
    side(old).save();
    Swap.succeeds(side(old), side(next), phase -> {});
    assertWhole(next, old);
    assertThat(old.parent.availableInstances(old.parent.types().get(0)))
        .as("ports of those who left")
        .isEqualTo(24);
  }

  @Test
  void aStateThatIsDamagedInOnePlaceIsRefusedAndTheOldOneGoesOn() {
    Card old = wired();
    int refused = 0;
    for (Damage damage : Damage.of(side(old).save())) {
      refused += Swap.isRefused(side(old), side(new Card(2)), damage.record()) ? 1 : 0;
    }
    assertThat(refused).isGreaterThan(20);
    assertWhole(old, old);
  }

  @ParameterizedTest
  @CsvSource({"PRE_COPY,RUNNING", "PRE_COPY_P2P,RUNNING_P2P", "STOP_COPY,STOP", "RESUMING,ERROR"})
  void inTheMiddleOfAMigrationTheStreamEndsAndTheCardIsWhole(
      MigrationState during, MigrationState after) {
    Card old = wired();
    FileOps stream = old.parent.setState(old.mtty, old, during).orElseThrow();
    use(old, stream, during);
    Card next = new Card(2);
    Swap.succeeds(side(old), side(next), phase -> {});
    assertThat(Card.errnoOf(() -> use(old, stream, during))).isEqualTo(Errno.ENODEV);
    assertThat(next.parent.state(next.mtty)).isEqualTo(after);
    if (after == MigrationState.ERROR) {
      assertThat(Card.errnoOf(() -> next.parent.setState(next.mtty, next, MigrationState.RUNNING)))
          .as("half a state must not run")
          .isNotNull();
      next.ioctl(VFIO_DEVICE_RESET, MemorySegment.NULL);
    } else {
      next.parent.setState(next.mtty, next, MigrationState.RUNNING);
    }
    assertThat(next.parent.state(next.mtty)).isEqualTo(MigrationState.RUNNING);
    assertWhole(next, old);
    assertThat(next.parent.setState(next.mtty, next, MigrationState.STOP_COPY))
        .as("and can be migrated")
        .isPresent();
  }

  @ParameterizedTest
  @EnumSource(
      value = MigrationState.class,
      names = {"PRE_COPY", "STOP_COPY", "RESUMING"})
  void aMigrationGoesOnAfterASwapThatWasCalledOff(MigrationState during) {
    Card old = wired();
    FileOps stream = old.parent.setState(old.mtty, old, during).orElseThrow();
    Swap.isCalledOff(side(old), side(new Card(2)), phase -> {});
    use(old, stream, during);
    assertThat(old.parent.state(old.mtty)).isEqualTo(during);
  }

  private static void use(Card card, FileOps stream, MigrationState during) {
    MemorySegment buffer = MemorySegment.ofArray(new byte[1]);
    if (during == MigrationState.RESUMING) {
      stream.write(card, buffer);
    } else {
      stream.read(card, buffer);
    }
  }

  @Test
  void whoResumesAndGoesLeavesACardThatSaysWhatItLacks() {
    Card card = new Card(1);
    card.parent.setState(card.mtty, card, MigrationState.RESUMING);
    card.parent.release(card.mtty);
    assertThat(Card.errnoOf(() -> card.parent.setState(card.mtty, card, MigrationState.STOP)))
        .isEqualTo(Errno.EINVAL);
  }

  /** A version of the parent in a class loader of its own. */
  private static final class Version {
    final Copy copy = new Copy(MttyParent.class, Map.of());
    final MdevParent<Object> parent = parent();
    final Object card = parent.create(parent.types().get(1), Card.UUID, DeviceStub.of(Card.UUID));

    @SuppressWarnings("unchecked")
    private MdevParent<Object> parent() {
      return copy.as(MdevParent.class);
    }

    @SuppressWarnings("unchecked")
    Side<Object> side() {
      return new Side<>(copy.as(HandoverOps.class), card, copy::owns, () -> parent.remove(card));
    }
  }

  @Test
  void whoeverLeavesIsCollected() {
    Version old = new Version();
    Version next = new Version();
    byte[] value = {0x5a};
    old.parent.write(old.card, null, MemorySegment.ofArray(value), SCRATCH);
    Swap.succeeds(old.side(), next.side(), phase -> {});
    WeakReference<ClassLoader> first = old.copy.trace();
    old = new Version();
    Swap.isCalledOff(next.side(), old.side(), phase -> {});
    WeakReference<ClassLoader> second = old.copy.trace();
    old = null;
    assertThat(Copy.isCollected(first)).isTrue();
    assertThat(Copy.isCollected(second)).isTrue();
    value[0] = 0;
    next.parent.read(next.card, null, MemorySegment.ofArray(value), SCRATCH);
    assertThat(value[0]).isEqualTo((byte) 0x5a);
  }
}
