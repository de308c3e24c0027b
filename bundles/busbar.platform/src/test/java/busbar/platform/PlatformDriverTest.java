package busbar.platform;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.VfioException;
import busbar.api.client.MmapRequest;
import busbar.api.client.MmapRequest.Prot;
import busbar.api.client.MmapRequest.Sharing;
import busbar.api.platform.PlatformDevice;
import busbar.api.platform.PlatformDevice.Trigger;
import busbar.api.platform.PlatformReset;
import busbar.api.state.StateRecord;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioIrqInfo;
import busbar.uapi.VfioIrqSet;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Expected values are those of the recorded Arm machine: an RTC with a level line, a virtio with an
 * edge.
 */
class PlatformDriverTest {
  private static final int NONE = 1;
  private static final int BOOL = 2;
  private static final int EVENTFD = 4;
  private static final int MASK = 8;
  private static final int UNMASK = 16;
  private static final int TRIGGER = 32;

  private final AmbaDriver driver = new AmbaDriver();
  private final FakeHost host = new FakeHost(Trigger.LEVEL, 0x1000);
  private final PlatformCoreDevice device = opened(driver, host);

  private static PlatformCoreDevice opened(PlatformCore driver, FakeHost host) {
    PlatformCoreDevice device = driver.probe(host, host);
    driver.open(device, host);
    return device;
  }

  private static void assertErrno(Errno errno, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(VfioException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private static MemorySegment argument(long size, int second, int third) {
    MemorySegment argument = MemorySegment.ofArray(new byte[(int) size]);
    Args.putU32(argument, 0, (int) size);
    Args.putU32(argument, 4, second);
    Args.putU32(argument, 8, third);
    return argument;
  }

  private static MemorySegment irqSet(int flags, int index, int start, int count, int... data) {
    MemorySegment argument = MemorySegment.ofArray(new byte[20 + 4 * data.length]);
    new VfioIrqSet(20 + 4 * data.length, flags, index, start, count).encode(argument);
    for (int i = 0; i < data.length; i++) {
      argument.set(ValueLayout.JAVA_INT_UNALIGNED, 20 + 4L * i, data[i]);
    }
    return argument;
  }

  private void setIrqs(int flags, int index, int start, int count, int... data) {
    driver.ioctl(device, host, VFIO_DEVICE_SET_IRQS, irqSet(flags, index, start, count, data));
  }

  @Test
  void infoSaysAmbaOneRegionOneLine() {
    MemorySegment info = argument(VfioDeviceInfo.SIZE, 0, 0);
    driver.ioctl(device, host, VFIO_DEVICE_GET_INFO, info);
    VfioDeviceInfo decoded = VfioDeviceInfo.decode(info);
    assertThat(decoded.flags()).isEqualTo(0x8);
    assertThat(decoded.numRegions()).isOne();
    assertThat(decoded.numIrqs()).isOne();
    assertThat(decoded.capOffset()).isZero();
  }

  @Test
  void aWholePageCanBeMappedAndHalfAPageCannot() {
    MemorySegment info = argument(VfioRegionInfo.SIZE, 0, 0);
    driver.ioctl(device, host, VFIO_DEVICE_GET_REGION_INFO, info);
    assertThat(VfioRegionInfo.decode(info).flags()).isEqualTo(0x7);
    assertThat(VfioRegionInfo.decode(info).size()).isEqualTo(0x1000);
    FakeHost virtio = new FakeHost(Trigger.EDGE, 0x200);
    driver.ioctl(opened(driver, virtio), virtio, VFIO_DEVICE_GET_REGION_INFO, info);
    assertThat(VfioRegionInfo.decode(info).flags()).isEqualTo(0x3);
    assertThat(VfioRegionInfo.decode(info).size()).isEqualTo(0x200);
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "-1"})
  void indexesBeyondTheDeviceAreEinval(int index) {
    MemorySegment region = argument(VfioRegionInfo.SIZE, 0, index);
    assertErrno(
        Errno.EINVAL, () -> driver.ioctl(device, host, VFIO_DEVICE_GET_REGION_INFO, region));
    MemorySegment irq = argument(VfioIrqInfo.SIZE, 0, index);
    assertErrno(Errno.EINVAL, () -> driver.ioctl(device, host, VFIO_DEVICE_GET_IRQ_INFO, irq));
  }

  @Test
  void levelLinesAreMaskableAndAutomaskedEdgesAreNot() {
    MemorySegment info = argument(VfioIrqInfo.SIZE, 0, 0);
    driver.ioctl(device, host, VFIO_DEVICE_GET_IRQ_INFO, info);
    assertThat(VfioIrqInfo.decode(info).flags()).isEqualTo(0x7);
    FakeHost virtio = new FakeHost(Trigger.EDGE, 0x200);
    driver.ioctl(opened(driver, virtio), virtio, VFIO_DEVICE_GET_IRQ_INFO, info);
    assertThat(VfioIrqInfo.decode(info).flags()).isEqualTo(0x1);
  }

  @Test
  void accessesAreSplitIntoAlignedPiecesAndClipped() {
    for (int i = 0; i < 4096; i++) {
      host.registers[i] = (byte) i;
    }
    MemorySegment seven = MemorySegment.ofArray(new byte[7]);
    assertThat(driver.read(device, host, seven, 4065)).isEqualTo(7);
    for (int i = 0; i < 7; i++) {
      assertThat(seven.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) (4065 + i));
    }
    assertThat(driver.read(device, host, seven, 4092)).isEqualTo(4);
    assertErrno(Errno.EINVAL, () -> driver.read(device, host, seven, 4096));
    assertErrno(Errno.EINVAL, () -> driver.write(device, host, seven, 4096));
    assertErrno(Errno.EINVAL, () -> driver.read(device, host, seven, 1L << 40));
    assertErrno(Errno.EINVAL, () -> driver.read(device, host, seven, -1));
  }

  @Test
  void mappingsAreSharedAndInsideTheRegion() {
    assertThat(driver.mmap(device, host, MmapRequest.shared(0, 0x800)).windowOffset(16))
        .isEqualTo(16);
    assertErrno(Errno.EINVAL, () -> driver.mmap(device, host, MmapRequest.shared(0, 0x2000)));
    assertErrno(
        Errno.EINVAL, () -> driver.mmap(device, host, MmapRequest.shared(1L << 40, 0x1000)));
    assertErrno(
        Errno.EINVAL,
        () ->
            driver.mmap(
                device, host, new MmapRequest(0, 0x1000, Set.of(Prot.READ), Sharing.PRIVATE)));
  }

  @Test
  void withoutAHandlerResetIsEinvalAndWithOneItRuns() {
    assertErrno(
        Errno.EINVAL, () -> driver.ioctl(device, host, VFIO_DEVICE_RESET, MemorySegment.NULL));
    PlatformReset handler =
        new PlatformReset() {
          @Override
          public String compatible() {
            return "arm,pl031";
          }

          @Override
          public void reset(PlatformDevice target) {
            host.registers[0] = 0x55;
          }
        };
    driver.addReset(handler);
    driver.ioctl(device, host, VFIO_DEVICE_RESET, MemorySegment.NULL);
    assertThat(host.registers[0]).isEqualTo((byte) 0x55);
  }

  /** The service goes: the component gives back what it has; then nobody takes the device over. */
  @Test
  void aDeviceThatNobodyTakesOverIsResetAlthoughTheServiceIsGone() {
    PlatformReset handler =
        new PlatformReset() {
          @Override
          public String compatible() {
            return "arm,pl031";
          }

          @Override
          public void reset(PlatformDevice target) {
            host.registers[0] = 0x55;
          }
        };
    driver.bindReset(handler);
    driver.save(device);
    driver.deactivate();
    driver.unbindReset(handler);
    driver.resume(device);
    driver.release(device);
    assertThat(host.registers[0]).isEqualTo((byte) 0x55);
    assertThat(host.line.isHandled()).isFalse();
  }

  @Test
  void platformDevicesWithoutResetAreRefusedUntilAllowed() {
    PlatformDriver strict = new PlatformDriver(true);
    assertErrno(Errno.ENOENT, () -> strict.probe(host, host));
    strict.set("reset_required", "N");
    assertThat(strict.probe(host, host)).isNotNull();
    assertErrno(Errno.EINVAL, () -> strict.set("reset_required", "maybe"));
    assertErrno(Errno.ENOENT, () -> strict.set("nonsense", "Y"));
  }

  @ParameterizedTest
  @CsvSource({"9, 0, 0, 0", "9, 0, 1, 1", "9, 0, 0, 2", "9, 1, 0, 1", "33, 0, 0, 2", "0, 0, 0, 0"})
  void wrongRangesOfALevelLineAreEinval(int flags, int index, int start, int count) {
    assertErrno(Errno.EINVAL, () -> setIrqs(flags, index, start, count));
  }

  @Test
  void edgeLinesCannotBeMaskedByAnyMeans() {
    FakeHost virtio = new FakeHost(Trigger.EDGE, 0x200);
    PlatformCoreDevice edge = opened(driver, virtio);
    for (int action : new int[] {MASK, UNMASK}) {
      for (int data : new int[] {NONE, BOOL, EVENTFD}) {
        assertErrno(
            Errno.EINVAL,
            () ->
                driver.ioctl(
                    edge, virtio, VFIO_DEVICE_SET_IRQS, irqSet(action | data, 0, 0, 1, 999)));
      }
    }
  }

  @Test
  void aLevelIsMaskedAsItIsTakenAndFiresAgainAtUnmask() {
    EventFd trigger = new EventFd();
    EventFd unmask = new EventFd();
    host.eventFds.put(3, trigger);
    host.eventFds.put(4, unmask);
    setIrqs(EVENTFD | TRIGGER, 0, 0, 1, 3);
    setIrqs(EVENTFD | UNMASK, 0, 0, 1, 4);
    host.line.set(true);
    assertThat(trigger.take()).isEqualTo(1);
    unmask.signal();
    assertThat(trigger.take()).isEqualTo(1);
    assertThat(unmask.take()).isZero();
    host.line.set(false);
    unmask.signal();
    assertThat(trigger.take()).isZero();
    assertErrno(Errno.EBUSY, () -> setIrqs(EVENTFD | UNMASK, 0, 0, 1, 4));
    setIrqs(EVENTFD | UNMASK, 0, 0, 1, -1);
    setIrqs(EVENTFD | UNMASK, 0, 0, 1, 4);
  }

  @Test
  void maskingOutlivesASwapOfTheEventfd() {
    EventFd trigger = new EventFd();
    host.eventFds.put(3, trigger);
    setIrqs(EVENTFD | TRIGGER, 0, 0, 1, 3);
    setIrqs(NONE | MASK, 0, 0, 1);
    setIrqs(EVENTFD | TRIGGER, 0, 0, 1, 3);
    host.line.set(true);
    assertThat(trigger.take()).isZero();
    setIrqs(NONE | UNMASK, 0, 0, 1);
    assertThat(trigger.take()).isEqualTo(1);
  }

  @Test
  void aBadEventfdLeavesTheLineDisabled() {
    EventFd trigger = new EventFd();
    host.eventFds.put(3, trigger);
    setIrqs(EVENTFD | TRIGGER, 0, 0, 1, 3);
    assertErrno(Errno.EBADF, () -> setIrqs(EVENTFD | TRIGGER, 0, 0, 1, 999));
    host.line.set(true);
    assertThat(trigger.take()).isZero();
  }

  @Test
  void aLineThatWasNotToBeHadAnswersThatToEveryUse() {
    FakeHost busy = new FakeHost(Trigger.LEVEL, 0x1000);
    busy.line.taken = true;
    PlatformCoreDevice opened = opened(driver, busy);
    assertErrno(
        Errno.EBUSY,
        () -> driver.ioctl(opened, busy, VFIO_DEVICE_SET_IRQS, irqSet(NONE | TRIGGER, 0, 0, 0)));
    driver.release(opened);
  }

  @Test
  void aSuccessorTakesTheWiringOverWithAnInterruptInBetween() {
    EventFd trigger = new EventFd();
    EventFd unmask = new EventFd();
    host.eventFds.put(3, trigger);
    host.eventFds.put(4, unmask);
    setIrqs(EVENTFD | TRIGGER, 0, 0, 1, 3);
    setIrqs(EVENTFD | UNMASK, 0, 0, 1, 4);
    host.line.set(true);
    StateRecord state = driver.save(device);
    unmask.signal();
    AmbaDriver next = new AmbaDriver();
    PlatformCoreDevice successor = next.probe(host, host);
    next.restore(successor, state);
    driver.forget(device);
    // one interrupt before the swap, one by the unmask that arrived during it
    assertThat(trigger.take()).isEqualTo(2);
    host.line.set(false);
    unmask.signal();
    host.line.set(true);
    assertThat(trigger.take()).isEqualTo(1);
  }
}
