package busbar.model.mtty;

import static busbar.model.mtty.Card.errnoOf;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_TRIGGER;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_EVENTFD;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.device.DeviceFeatureOps;
import busbar.api.device.MigrationOps;
import busbar.api.state.HandoverOps;
import busbar.api.state.StateRecord;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParentTest {
  private final MttyParent parent = new MttyParent(24);

  @Test
  void availableInstancesAreAsRecordedWithASingleAndADualCard() {
    new Card(parent, 1);
    new Card(parent, 2);
    assertThat(parent.availableInstances(parent.types().get(0))).isEqualTo(21);
    assertThat(parent.availableInstances(parent.types().get(1))).isEqualTo(10);
    new Card(parent, 1);
    assertThat(parent.availableInstances(parent.types().get(0))).isEqualTo(20);
  }

  @Test
  void withoutPortsThereIsNoCardAndARemovedOneGivesItsPortsBack() {
    MttyParent small = new MttyParent(2);
    Card dual = new Card(small, 2);
    assertThat(errnoOf(() -> new Card(small, 1))).isEqualTo(Errno.ENOSPC);
    small.remove(dual.mtty);
    assertThat(small.availableInstances(small.types().get(0))).isEqualTo(2);
  }

  @Test
  void theParentSaysWhatItCan() {
    assertThat(parent.capability(MigrationOps.class)).contains(parent);
    assertThat(parent.capability(HandoverOps.class)).contains(parent);
    assertThat(parent.capability(DeviceFeatureOps.class)).isEmpty();
  }

  @Test
  void aSuccessorTakesBytesRegistersAndTheWiringOver() {
    Card old = new Card(2);
    old.getInfo();
    int fd = old.eventFd();
    old.setIrqs(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, 1, fd);
    old.write(4, Card.CONFIG + 0x10, 0xc000);
    old.write(1, 0, 0x41);
    old.write(1, Card.bar(1) + 2, 0x07);
    old.write(1, Card.bar(1) + 1, 0x01);

    Card next = new Card(2);
    next.parent.restore(next.mtty, old.parent.save(old.mtty));
    old.parent.forget(old.mtty);

    assertThat(next.read(4, Card.CONFIG + 0x10)).isEqualTo(0xc001);
    assertThat(next.read(1, 0)).isEqualTo(0x41);
    next.write(1, Card.bar(1), 0x42);
    assertThat(old.at(fd).take()).as("signalled by the successor").isEqualTo(1);
    next.write(1, Card.bar(1) + 2, 0x07);
    next.write(1, Card.bar(1), 0x43);
    assertThat(old.at(fd).take()).as("INTx stays masked").isZero();
  }

  @Test
  void aStateThatDoesNotFitIsRefusedAndChangesNothing() {
    Card dual = new Card(2);
    Card single = new Card(1);
    StateRecord state = dual.parent.save(dual.mtty);
    assertThat(errnoOf(() -> single.parent.restore(single.mtty, state))).isEqualTo(Errno.EINVAL);

    StateRecord newer = new StateRecord("mtty", 2, state.values());
    assertThat(errnoOf(() -> dual.parent.restore(dual.mtty, newer))).isEqualTo(Errno.EINVAL);

    Map<String, Object> broken = new HashMap<>(state.values());
    broken.remove("config");
    dual.write(1, 7, 0x11);
    StateRecord partial = new StateRecord("mtty", 1, broken);
    assertThat(errnoOf(() -> dual.parent.restore(dual.mtty, partial))).isEqualTo(Errno.EINVAL);
    assertThat(dual.read(1, 7)).isEqualTo(0x11);
  }
}
