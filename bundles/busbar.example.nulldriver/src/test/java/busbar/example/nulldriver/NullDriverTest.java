package busbar.example.nulldriver;

import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.uapi.VfioDeviceInfo;
import busbar.uapi.VfioRegionInfo;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Vendors start from this: a driver is tested by calling it, no framework needed. */
class NullDriverTest {
  private final NullDriver driver = new NullDriver();
  private final NullDriver.Scratch device = driver.probe(null, null);

  private static MemorySegment bytes(int... values) {
    byte[] array = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      array[i] = (byte) values[i];
    }
    return MemorySegment.ofArray(array);
  }

  private static void assertErrno(Errno errno, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(VfioException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  @Test
  void infoShowsOneRegionAndNoInterrupt() {
    MemorySegment info = MemorySegment.ofArray(new byte[VfioDeviceInfo.MIN_ARGSZ]);
    Args.putU32(info, 0, VfioDeviceInfo.MIN_ARGSZ);
    driver.ioctl(device, null, VFIO_DEVICE_GET_INFO, info);
    assertThat(Args.u32(info, VfioDeviceInfo.OFFSET_NUM_REGIONS)).isOne();
    assertThat(Args.u32(info, VfioDeviceInfo.OFFSET_NUM_IRQS)).isZero();
  }

  @Test
  void regionZeroHasFourKibibytesAndThereIsNoOther() {
    MemorySegment info = MemorySegment.ofArray(new byte[(int) VfioRegionInfo.SIZE]);
    Args.putU32(info, 0, (int) VfioRegionInfo.SIZE);
    driver.ioctl(device, null, VFIO_DEVICE_GET_REGION_INFO, info);
    assertThat(VfioRegionInfo.decode(info).size()).isEqualTo(4096);
    Args.putU32(info, VfioRegionInfo.OFFSET_INDEX, 1);
    assertErrno(Errno.EINVAL, () -> driver.ioctl(device, null, VFIO_DEVICE_GET_REGION_INFO, info));
  }

  @Test
  void whatIsWrittenIsReadUntilReset() {
    driver.open(device, null);
    assertThat(driver.write(device, null, bytes(1, 2, 3, 4), 8)).isEqualTo(4);
    MemorySegment read = bytes(0, 0, 0, 0);
    assertThat(driver.read(device, null, read, 8)).isEqualTo(4);
    assertThat(read.mismatch(bytes(1, 2, 3, 4))).isEqualTo(-1);
    driver.ioctl(device, null, VFIO_DEVICE_RESET, MemorySegment.NULL);
    driver.read(device, null, read, 8);
    assertThat(read.mismatch(bytes(0, 0, 0, 0))).isEqualTo(-1);
  }

  @Test
  void readsAreClippedAtTheEndAndRefusedBeyondIt() {
    assertThat(driver.read(device, null, bytes(0, 0, 0, 0), 4094)).isEqualTo(2);
    assertErrno(Errno.EINVAL, () -> driver.read(device, null, bytes(0), 4096));
    assertErrno(Errno.EINVAL, () -> driver.read(device, null, bytes(0), -1));
  }

  @Test
  void shortAndUnknownCallsAreRefusedAsTheKernelDoes() {
    assertErrno(
        Errno.EFAULT, () -> driver.ioctl(device, null, VFIO_DEVICE_GET_INFO, bytes(16, 0, 0, 0)));
    MemorySegment info = MemorySegment.ofArray(new byte[16]);
    Args.putU32(info, 0, 15);
    assertErrno(Errno.EINVAL, () -> driver.ioctl(device, null, VFIO_DEVICE_GET_INFO, info));
    assertErrno(Errno.ENOTTY, () -> driver.ioctl(device, null, VFIO_DEVICE_GET_IRQ_INFO, info));
  }
}
