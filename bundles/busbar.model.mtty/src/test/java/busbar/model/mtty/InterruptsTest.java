package busbar.model.mtty;

import static busbar.model.mtty.Card.errnoOf;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_MASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_TRIGGER;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_ACTION_UNMASK;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_BOOL;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_EVENTFD;
import static busbar.uapi.VfioHeader.VFIO_IRQ_SET_DATA_NONE;
import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.uapi.VfioIrqInfo;
import busbar.uapi.VfioIrqSet;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InterruptsTest {
  private static final int INTX = 0;
  private static final int MSI = 1;
  private static final int WIRE = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int FIRE = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int UNMASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK;
  private static final int MASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK;

  private final Card card = new Card(1);

  @ParameterizedTest
  @CsvSource({
    "0, 8, 0",
    "1, 0, 0x10000000000",
    "2, 0, 0x20000000000",
    "6, 0, 0x60000000000",
    "7, 255, 0x70000000000",
    "8, 0, 0x80000000000"
  })
  void everyRegionReadsAndWritesAtItsTebibyte(int index, long size, String offset) {
    MemorySegment info = Card.struct(128);
    Args.putU32(info, VfioRegionInfo.OFFSET_INDEX, index);
    card.ioctl(VFIO_DEVICE_GET_REGION_INFO, info);
    assertThat(VfioRegionInfo.decode(info))
        .isEqualTo(new VfioRegionInfo(128, 3, index, 0, size, Long.decode(offset)));
  }

  @Test
  void theSecondPortOfADualCardHasItsBar() {
    Card dual = new Card(2);
    MemorySegment info = Card.struct(32);
    Args.putU32(info, VfioRegionInfo.OFFSET_INDEX, 1);
    dual.ioctl(VFIO_DEVICE_GET_REGION_INFO, info);
    assertThat(VfioRegionInfo.decode(info).size()).isEqualTo(8);
  }

  @Test
  void thereIsNoTenthRegion() {
    for (int index : new int[] {9, 10, -1}) {
      MemorySegment info = Card.struct(32);
      Args.putU32(info, VfioRegionInfo.OFFSET_INDEX, index);
      assertThat(errnoOf(() -> card.ioctl(VFIO_DEVICE_GET_REGION_INFO, info)))
          .isEqualTo(Errno.EINVAL);
    }
  }

  @Test
  void interruptInfoIsThereOnceTheDeviceInfoWasAsked() {
    assertThat(errnoOf(() -> irqInfo(INTX))).isEqualTo(Errno.EINVAL);
    card.getInfo();
    assertThat(irqInfo(INTX)).isEqualTo(new VfioIrqInfo(16, 7, INTX, 1));
    assertThat(irqInfo(MSI)).isEqualTo(new VfioIrqInfo(16, 9, MSI, 1));
    for (int index = 2; index < 7; index++) {
      int none = index;
      assertThat(errnoOf(() -> irqInfo(none))).isEqualTo(Errno.EINVAL);
    }
  }

  private VfioIrqInfo irqInfo(int index) {
    MemorySegment info = Card.struct(16);
    Args.putU32(info, VfioIrqInfo.OFFSET_INDEX, index);
    card.ioctl(VFIO_DEVICE_GET_IRQ_INFO, info);
    return VfioIrqInfo.decode(info);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 4})
  void nothingCanBeWiredBeforeTheDeviceInfoWasAsked(int index) {
    int fd = card.eventFd();
    assertThat(errnoOf(() -> card.setIrqs(WIRE, index, 0, 1, fd))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void intxMasksItselfUntilItIsUnmasked() {
    card.getInfo();
    int fd = card.eventFd();
    card.setIrqs(WIRE, INTX, 0, 1, fd);
    card.setIrqs(FIRE, INTX, 0, 1);
    card.setIrqs(FIRE, INTX, 0, 1);
    assertThat(card.at(fd).take()).isEqualTo(1);
    card.setIrqs(UNMASK, INTX, 0, 1);
    card.setIrqs(VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER, INTX, 0, 1, 1);
    assertThat(card.at(fd).take()).isEqualTo(1);
    card.setIrqs(VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_UNMASK, INTX, 0, 1, 0);
    card.setIrqs(FIRE, INTX, 0, 1);
    assertThat(card.at(fd).take()).isZero();
  }

  @Test
  void msiCountsEachInterrupt() {
    card.getInfo();
    int fd = card.eventFd();
    card.setIrqs(WIRE, MSI, 0, 1, fd);
    card.setIrqs(FIRE, MSI, 0, 1);
    card.setIrqs(FIRE, MSI, 0, 1);
    assertThat(card.at(fd).take()).isEqualTo(2);
    assertThat(errnoOf(() -> card.setIrqs(MASK, MSI, 0, 1))).isEqualTo(Errno.ENOTTY);
  }

  @Test
  void intxAndMsiExcludeEachOther() {
    card.getInfo();
    int fd = card.eventFd();
    card.setIrqs(WIRE, INTX, 0, 1, fd);
    assertThat(errnoOf(() -> card.setIrqs(WIRE, MSI, 0, 1, fd))).isEqualTo(Errno.EINVAL);
    card.setIrqs(FIRE, INTX, 0, 0);
    card.setIrqs(WIRE, MSI, 0, 1, fd);
    assertThat(errnoOf(() -> card.setIrqs(FIRE, INTX, 0, 1))).isEqualTo(Errno.EINVAL);
    card.setIrqs(WIRE, MSI, 0, 1, -1);
    assertThat(errnoOf(() -> card.setIrqs(FIRE, MSI, 0, 1))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aBadDescriptorLeavesNothingWired() {
    card.getInfo();
    card.setIrqs(WIRE, INTX, 0, 1, card.eventFd());
    assertThat(errnoOf(() -> card.setIrqs(WIRE, INTX, 0, 1, 77))).isEqualTo(Errno.EBADF);
    assertThat(errnoOf(() -> card.setIrqs(MASK, INTX, 0, 1))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void otherIndexesAndMaskingByEventfdAreNotKnown() {
    card.getInfo();
    int fd = card.eventFd();
    for (int index = 2; index < 5; index++) {
      int other = index;
      assertThat(errnoOf(() -> card.setIrqs(WIRE, other, 0, 1, fd))).isEqualTo(Errno.ENOTTY);
    }
    card.setIrqs(WIRE, INTX, 0, 1, fd);
    int flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK;
    assertThat(errnoOf(() -> card.setIrqs(flags, INTX, 0, 1, fd))).isEqualTo(Errno.ENOTTY);
  }

  /** The sample gives the number of its indexes where the check wants that of its vectors. */
  @Test
  void upToFiveVectorsPassTheCommonCheckAndFailInTheCard() {
    card.getInfo();
    int fd = card.eventFd();
    assertThat(errnoOf(() -> card.setIrqs(WIRE, INTX, 0, 2, fd, fd))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> card.setIrqs(WIRE, 2, 3, 2, fd, fd))).isEqualTo(Errno.ENOTTY);
    assertThat(errnoOf(() -> card.setIrqs(WIRE, 2, 4, 2, fd, fd))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aHeaderThatIsNotSoundIsRefused() {
    card.getInfo();
    assertThat(errnoOf(() -> card.setIrqs(FIRE | 0x40, INTX, 0, 1))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> card.setIrqs(FIRE, 5, 0, 1))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> card.setIrqs(FIRE, INTX, 1, -1))).isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> card.setIrqs(WIRE, INTX, 0, 1))).as("no data").isEqualTo(Errno.EINVAL);
    assertThat(errnoOf(() -> card.setIrqs(VFIO_IRQ_SET_ACTION_TRIGGER, INTX, 0, 1)))
        .isEqualTo(Errno.EINVAL);
    MemorySegment announced = Card.struct((int) VfioIrqSet.SIZE);
    new VfioIrqSet(24, WIRE, INTX, 0, 1).encode(announced);
    assertThat(errnoOf(() -> card.ioctl(VFIO_DEVICE_SET_IRQS, announced))).isEqualTo(Errno.EFAULT);
  }

  @Test
  void aReceivedByteInterruptsFromTheFirstFifoControlOn() {
    card.getInfo();
    int fd = card.eventFd();
    card.setIrqs(WIRE, MSI, 0, 1, fd);
    card.write(1, 1, 0x01);
    card.write(1, 0, 0x41);
    assertThat(card.at(fd).take()).isZero();
    assertThat(card.read(1, 2)).isEqualTo(0xc4);
    card.write(1, 2, 0xc7);
    card.write(1, 0, 0x41);
    card.write(1, 0, 0x42);
    assertThat(card.at(fd).take()).isEqualTo(1);
  }

  @Test
  void anEmptyTransmitterAndTheModemLinesInterrupt() {
    card.getInfo();
    int fd = card.eventFd();
    card.setIrqs(WIRE, MSI, 0, 1, fd);
    card.write(1, 1, 0x02);
    assertThat(card.at(fd).take()).as("enabled while empty").isEqualTo(1);
    card.write(1, 0, 1);
    card.read(1, 0);
    assertThat(card.at(fd).take()).as("became empty").isEqualTo(1);
    card.write(1, 1, 0x08);
    card.write(1, 4, 0x0b);
    assertThat(card.at(fd).take()).as("OUT2, and DTR with RTS").isEqualTo(2);
  }

  @Test
  void closingTheCardUnwiresItsInterrupt() {
    card.getInfo();
    int fd = card.eventFd();
    card.setIrqs(WIRE, MSI, 0, 1, fd);
    card.parent.release(card.mtty);
    assertThat(errnoOf(() -> card.setIrqs(FIRE, MSI, 0, 1))).isEqualTo(Errno.EINVAL);
  }
}
