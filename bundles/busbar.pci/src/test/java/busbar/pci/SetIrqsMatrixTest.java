package busbar.pci;

import static busbar.api.Errno.EBADF;
import static busbar.api.Errno.EINVAL;
import static busbar.api.Errno.ENOTTY;
import static busbar.api.Errno.ERANGE;
import static busbar.uapi.VfioHeader.*;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.pci.Interrupts.Type;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The whole matrix of SET_IRQS against its rules, then the rules that the matrix cannot say. */
class SetIrqsMatrixTest {
  private static final int NONE = VFIO_IRQ_SET_DATA_NONE;
  private static final int BOOL = VFIO_IRQ_SET_DATA_BOOL;
  private static final int EVENTFD = VFIO_IRQ_SET_DATA_EVENTFD;
  private static final int MASK = VFIO_IRQ_SET_ACTION_MASK;
  private static final int UNMASK = VFIO_IRQ_SET_ACTION_UNMASK;
  private static final int TRIGGER = VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int INTX = VFIO_PCI_INTX_IRQ_INDEX;
  private static final int MSI = VFIO_PCI_MSI_IRQ_INDEX;
  private static final int MSIX = VFIO_PCI_MSIX_IRQ_INDEX;
  private static final int REQ = VFIO_PCI_REQ_IRQ_INDEX;

  private static Rig inForce(Type type) {
    Rig rig = new Rig(ConfigImage.card()).bind().open();
    rig.vfio.give(10);
    switch (type) {
      case NONE -> {}
      case INTX -> rig.irqs(EVENTFD | TRIGGER, INTX, 0, 1, 10);
      case MSI -> rig.irqs(EVENTFD | TRIGGER, MSI, 0, 1, 10);
      case MSIX -> rig.irqs(EVENTFD | TRIGGER, MSIX, 0, 1, 10);
    }
    assertThat(rig.core.opened().irqs.type()).isEqualTo(type);
    return rig;
  }

  @TestFactory
  List<DynamicTest> everyCellAnswersAsItsRuleSays() {
    return List.of(Type.values()).stream()
        .map(type -> DynamicTest.dynamicTest("while " + type, () -> allCells(type)))
        .toList();
  }

  private static void allCells(Type type) {
    for (int index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
      for (int action : new int[] {0, MASK, UNMASK, TRIGGER, MASK | TRIGGER}) {
        for (int data : new int[] {NONE, BOOL, EVENTFD}) {
          for (int count = 0; count <= 1; count++) {
            Rig rig = inForce(type);
            rig.vfio.give(11);
            int what = index;
            int number = count;
            Errno got =
                Rig.errnoOf(
                    () -> {
                      if (data == BOOL) {
                        rig.irqsBool(data | action, what, 0, number, 1);
                      } else if (data == EVENTFD && number == 1) {
                        rig.irqs(data | action, what, 0, 1, 11);
                      } else {
                        rig.irqs(data | action, what, 0, number);
                      }
                    });
            assertThat(got)
                .describedAs(
                    "index %d action 0x%x data 0x%x count %d while %s",
                    index, action, data, count, type)
                .isEqualTo(rule(type, index, action, data, count));
          }
        }
      }
    }
  }

  /** The table of the facts: {@code null} for success. */
  private static Errno rule(Type type, int index, int action, int data, int count) {
    if (Integer.bitCount(action) != 1 || index != INTX && action != TRIGGER) {
      return ENOTTY;
    }
    return switch (index) {
      case INTX -> intx(type, action, data, count);
      case MSI -> messages(type, Type.MSI, data, count);
      case MSIX -> messages(type, Type.MSIX, data, count);
      default -> data == NONE || count == 0 ? EINVAL : null;
    };
  }

  private static Errno intx(Type type, int action, int data, int count) {
    if (action != TRIGGER) {
      if (type != Type.INTX || count != 1) {
        return EINVAL;
      }
      return action == MASK && data == EVENTFD ? ENOTTY : null;
    }
    if (type == Type.INTX && data == NONE && count == 0) {
      return null;
    }
    if (type == Type.MSI || type == Type.MSIX || count != 1) {
      return EINVAL;
    }
    return data == EVENTFD || type == Type.INTX ? null : EINVAL;
  }

  private static Errno messages(Type type, Type wanted, int data, int count) {
    if (type == Type.NONE && data == EVENTFD) {
      return count == 0 ? ERANGE : null;
    }
    return type == wanted ? null : EINVAL;
  }

  @Test
  void tooFewVectorsAreAnsweredWithTheirNumberAndNothingIsOn() {
    Rig rig = inForce(Type.NONE);
    rig.function.vectorLimit = 2;
    assertThat(rig.irqs(EVENTFD | TRIGGER, MSIX, 0, 3, 10, 10, 10)).isEqualTo(2);
    assertThat(rig.core.opened().irqs.type()).isEqualTo(Type.NONE);
    assertThat(rig.function.messages).isNull();
  }

  @Test
  void aBadDescriptorUndoesItsBlockAndKeepsTheRest() {
    Rig rig = inForce(Type.NONE);
    EventFd first = rig.vfio.give(20);
    EventFd second = rig.vfio.give(21);
    EventFd third = rig.vfio.give(22);
    rig.irqs(EVENTFD | TRIGGER, MSIX, 0, 3, 20, 21, 22);
    Rig.refused(EBADF, () -> rig.irqs(EVENTFD | TRIGGER, MSIX, 0, 2, 20, 999));
    rig.irqs(NONE | TRIGGER, MSIX, 0, 3);
    assertThat(first.peek()).isZero();
    assertThat(second.peek()).isZero();
    assertThat(third.peek()).isEqualTo(1);
    rig.irqs(EVENTFD | TRIGGER, MSIX, 1, 1, 21);
    rig.function.vectors.get(1).edge();
    assertThat(second.peek()).isEqualTo(1);
  }

  @Test
  void aBadDescriptorAtTheFirstCallTurnsMessagesOffAgain() {
    Rig rig = inForce(Type.NONE);
    Rig.refused(EBADF, () -> rig.irqs(EVENTFD | TRIGGER, MSI, 0, 1, 999));
    assertThat(rig.core.opened().irqs.type()).isEqualTo(Type.NONE);
    assertThat(rig.function.messages).isNull();
  }

  @Test
  void aVectorThatWasNotAllocatedNeedsAHostThatCanAddIt() {
    Rig rig = inForce(Type.MSIX);
    Rig.refused(EINVAL, () -> rig.irqs(EVENTFD | TRIGGER, MSIX, 3, 1, 10));
    rig.function.canAdd = true;
    rig.irqs(EVENTFD | TRIGGER, MSIX, 3, 1, 10);
    rig.function.vectors.get(3).edge();
    assertThat(rig.vfio.eventFds.get(10).peek()).isEqualTo(1);
    assertThat(rig.function.events).contains("rewrite 3");
  }

  @Test
  void aVectorKeepsDeliveringToAnEventfdThatItsClientClosed() {
    Rig rig = inForce(Type.MSIX);
    rig.vfio.eventFds.get(10).close();
    rig.function.vectors.get(0).edge();
    rig.close();
    assertThat(rig.function.messages).isNull();
  }

  @Test
  void requestsAndErrorsReplaceAndRemoveTheirEventfd() {
    Rig rig = inForce(Type.NONE);
    EventFd old = rig.vfio.give(30);
    EventFd now = rig.vfio.give(31);
    rig.irqs(EVENTFD | TRIGGER, REQ, 0, 1, 30);
    rig.irqs(EVENTFD | TRIGGER, REQ, 0, 1, 31);
    Rig.refused(EBADF, () -> rig.irqs(EVENTFD | TRIGGER, REQ, 0, 1, 999));
    Rig.refused(EINVAL, () -> rig.irqs(EVENTFD | TRIGGER, REQ, 0, 1, -2));
    rig.driver.request(rig.core, 0);
    rig.driver.request(rig.core, 1);
    assertThat(old.peek()).isZero();
    assertThat(now.peek()).isEqualTo(2);
    rig.irqs(EVENTFD | TRIGGER, REQ, 0, 1, -1);
    Rig.refused(EINVAL, () -> rig.irqs(NONE | TRIGGER, REQ, 0, 1));
    rig.irqs(EVENTFD | TRIGGER, VFIO_PCI_ERR_IRQ_INDEX, 0, 1, 30);
    rig.function.errors.run();
    assertThat(old.peek()).isEqualTo(1);
  }

  @Test
  void everythingArmedIsQuietAfterTheClose() {
    Rig rig = inForce(Type.INTX);
    rig.vfio.give(11);
    rig.irqs(EVENTFD | UNMASK, INTX, 0, 1, 11);
    rig.irqs(EVENTFD | TRIGGER, REQ, 0, 1, 11);
    rig.close();
    rig.function.assertIntx(true);
    rig.vfio.eventFds.get(11).signal();
    assertThat(rig.vfio.eventFds.get(10).peek()).isZero();
    assertThat(rig.function.line.handler).isNull();
    assertThat(rig.function.claims).isEmpty();
  }
}
