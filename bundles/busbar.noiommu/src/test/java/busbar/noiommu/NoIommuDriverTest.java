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
import busbar.api.device.ModuleParameters;
import busbar.api.memory.AddressSpace;
import busbar.api.state.StateRecord;
import busbar.uapi.VfioHeader;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NoIommuDriverTest {
  private final Core core = new Core();
  private final NoIommuMode mode = new NoIommuMode();
  private final NoIommuDriver driver = new NoIommuDriver(mode);
  private final Caller privileged = new TestCaller(Set.of(Capability.SYS_RAWIO));
  private final Caller ordinary = new TestCaller(Set.of());

  NoIommuDriverTest() {
    mode.bindModule(new Other());
    mode.bindModule(core);
    core.value = "Y";
  }

  /** The core's parameters. */
  private static final class Core implements ModuleParameters {
    String value = "N";

    @Override
    public String module() {
      return "vfio";
    }

    @Override
    public List<Parameter> parameters() {
      return List.of(new Parameter("enable_unsafe_noiommu_mode", value, "N", ""));
    }

    @Override
    public void set(String name, String changed) {
      assertThat(name).isEqualTo("enable_unsafe_noiommu_mode");
      value = changed;
    }
  }

  /** Another module that happens to have a parameter of that name. */
  private static final class Other implements ModuleParameters {
    @Override
    public String module() {
      return "other";
    }

    @Override
    public List<Parameter> parameters() {
      return List.of(new Parameter("enable_unsafe_noiommu_mode", "Y", "Y", ""));
    }

    @Override
    public void set(String name, String changed) {
      throw new AssertionError("not ours");
    }
  }

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
  void isOffWithoutACoreOrWhileItsParameterIs() {
    core.value = "N";
    assertThat(extension(null, 8)).isZero();
    core.value = "Y";
    mode.unbindModule(core);
    assertThat(extension(null, 8)).isZero();
  }

  @Test
  void theConfigurationTurnsItOnNowAndForACoreThatComesLater() {
    core.value = "N";
    mode.want(true);
    assertThat(extension(null, 8)).isEqualTo(1);
    Core later = new Core();
    mode.unbindModule(core);
    mode.bindModule(later);
    assertThat(extension(null, 8)).isEqualTo(1);
  }

  @Test
  void theConfigurationTurnsNothingOff() {
    mode.want(false);
    assertThat(extension(null, 8)).isEqualTo(1);
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
    core.value = "N";
    assertThat(extension(null, 8)).isZero();
    assertThat(extension(container, 8)).isZero();
    core.value = "Y";
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
