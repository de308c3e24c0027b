package busbar.noiommu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Args;
import busbar.api.Caller;
import busbar.api.Capability;
import busbar.api.Errno;
import busbar.api.EventFd;
import busbar.api.FileOps;
import busbar.api.VfioException;
import busbar.api.memory.AddressSpace;
import busbar.api.state.StateRecord;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoIommuDriverTest {
  private final NoIommuParameters parameters = new NoIommuParameters(true);
  private final NoIommuDriver driver = new NoIommuDriver(parameters);
  private final Caller privileged = new TestCaller(Set.of(Capability.SYS_RAWIO));
  private final Caller ordinary = new TestCaller(Set.of());

  private record TestCaller(Set<Capability> capabilities) implements Caller {
    @Override
    public String clientName() {
      return "test";
    }

    @Override
    public AddressSpace memory() {
      throw new AssertionError("the backend has no business with memory");
    }

    @Override
    public boolean has(Capability capability) {
      return capabilities.contains(capability);
    }

    @Override
    public EventFd eventFd(int fd) {
      throw new AssertionError();
    }

    @Override
    public int groupIdOf(int fd) {
      throw new AssertionError();
    }

    @Override
    public int install(FileOps file) {
      throw new AssertionError();
    }
  }

  private static void assertErrno(Errno errno, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(VfioException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private long extension(NoIommuDriver.Unprotected container, long id) {
    return driver.ioctl(container, ordinary, VfioHeader.VFIO_CHECK_EXTENSION, Args.immediate(id));
  }

  @Test
  void isOffUnlessSomebodyTurnsItOn() {
    NoIommuDriver off = new NoIommuDriver(new NoIommuParameters(false));
    assertThat(off.ioctl(null, ordinary, VfioHeader.VFIO_CHECK_EXTENSION, Args.immediate(8)))
        .isZero();
  }

  @Test
  void answersForItsOwnTypeOnly() {
    for (long id = -1; id <= 12; id++) {
      assertThat(extension(null, id)).as("extension %d", id).isEqualTo(id == 8 ? 1 : 0);
    }
    assertThat(extension(null, 8L | 1L << 32)).isZero();
  }

  @Test
  void theParameterDecidesAtOnce() {
    NoIommuDriver.Unprotected container = driver.open(8, privileged);
    parameters.set("enable_unsafe_noiommu_mode", "0");
    assertThat(extension(null, 8)).isZero();
    assertThat(extension(container, 8)).isZero();
    parameters.set("enable_unsafe_noiommu_mode", "1");
    assertThat(extension(container, 8)).isEqualTo(1);
  }

  @Test
  void theTypeIsCheckedBeforeThePrivilege() {
    assertErrno(Errno.EINVAL, () -> driver.open(1, ordinary));
    assertErrno(Errno.EPERM, () -> driver.open(8, ordinary));
    assertThat(driver.open(8, privileged)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {0x3b70, 0x3b71, 0x3b72, 0x3b75, 0x3b64, 0})
  void knowsNoOtherIoctl(int command) {
    NoIommuDriver.Unprotected container = driver.open(8, privileged);
    assertErrno(
        Errno.ENOTTY, () -> driver.ioctl(container, privileged, command, MemorySegment.NULL));
  }

  @ParameterizedTest
  @CsvSource({"y,Y", "Yes,Y", "1,Y", "on,Y", "t,Y", "n,N", "0,N", "off,N", "F,N"})
  void takesBooleansAsTheKernelDoes(String value, String shown) {
    parameters.set("enable_unsafe_noiommu_mode", value);
    assertThat(parameters.parameters().getFirst().value()).isEqualTo(shown);
    assertThat(parameters.parameters().getFirst().initial()).isEqualTo("Y");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "2", "o", "maybe"})
  void refusesOtherValues(String value) {
    assertErrno(Errno.EINVAL, () -> parameters.set("enable_unsafe_noiommu_mode", value));
    assertErrno(Errno.ENOENT, () -> parameters.set("other", value));
  }

  @Test
  void itsStateIsTakenByItselfAlone() {
    NoIommuDriver.Unprotected container = driver.open(8, privileged);
    StateRecord state = driver.save(container);
    driver.restore(driver.open(8, privileged), state);
    assertErrno(
        Errno.EINVAL,
        () -> driver.restore(container, new StateRecord("vfio-iommu-type1", 1, Map.of())));
    assertErrno(
        Errno.EINVAL,
        () -> driver.restore(container, new StateRecord("vfio-noiommu", 2, Map.of())));
  }
}
