package busbar.conformance.sysfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.mdev.MdevAdmin;
import busbar.api.mdev.MdevType;
import busbar.conformance.play.FakeAdmin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The kernel's paths, on fakes of the edges behind them. */
public class SysfsViewTest {
  private static final String EDU = "/sys/bus/pci/devices/0000:00:04.0";
  private static final String MTTY = "/sys/class/mtty/mtty/mdev_supported_types/mtty-1";
  private static final String UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1009";

  private final FakeAdmin admin = new FakeAdmin();
  private final List<String> told = new ArrayList<>();
  private final SysfsView view =
      new SysfsView(admin.edge(), Optional.of(FakeAdmin.edge(MdevAdmin.class, new FakeMdev(told))));

  /** One type, one child. */
  public record FakeMdev(List<String> told) {
    /** The type. */
    public List<MdevAdmin.TypeView> types() {
      return List.of(
          new MdevAdmin.TypeView(
              "mtty",
              "class/mtty/mtty",
              new MdevType("mtty-1", "Single port serial", ""),
              "vfio-pci",
              24));
    }

    /** The child. */
    public List<MdevAdmin.ChildView> children() {
      return List.of(new MdevAdmin.ChildView(UUID, "mtty", "mtty-1"));
    }

    /** Notes it. */
    public void create(String parent, String type, String uuid) {
      told.add("create " + parent + " " + type + " " + uuid);
    }

    /** Notes it. */
    public void remove(String uuid) {
      told.add("remove " + uuid);
    }
  }

  @Test
  void whatTheKernelShowsOfADeviceIsThere() {
    assertThat(view.exists(EDU)).isTrue();
    assertThat(view.exists("/sys/bus/pci/devices/0000:00:05.0")).isFalse();
    assertThat(view.exists("/sys/bus/mdev/devices/0000:00:04.0")).isFalse();
    assertThat(view.exists(EDU + "/driver")).isTrue();
    assertThat(view.exists("/sys/bus/pci/devices/0000:00:00.0/driver")).isFalse();
    assertThat(view.exists("/dev/vfio/vfio")).isTrue();
    assertThat(view.read(EDU + "/driver_override")).isEqualTo("(null)");
  }

  @Test
  void theOverrideIsWritten() {
    view.write(EDU + "/driver_override", "pci-stub");

    assertThat(admin.told()).containsExactly("override 0000:00:04.0 pci-stub");
  }

  @Test
  void filesThatAreNotThereAndAccessesThatTheyDoNotAllowHaveTheirErrnos() {
    assertThatThrownBy(() -> view.read(EDU + "/colour")).hasMessageStartingWith("ENOENT");
    assertThatThrownBy(() -> view.write("/sys/bus/pci/devices/x/driver_override", "y"))
        .hasMessageStartingWith("ENOENT");
    assertThatThrownBy(() -> view.write(MTTY + "/name", "x")).hasMessageStartingWith("EACCES");
    assertThatThrownBy(() -> view.read(MTTY + "/create")).hasMessageStartingWith("EACCES");
    assertThatThrownBy(() -> view.write("/sys/bus/pci/drivers_probe", "0000:00:09.0"))
        .hasMessageStartingWith("ENODEV");
  }

  @Test
  void typesOfMediatedDevicesAreShown() {
    assertThat(view.read(MTTY + "/name")).isEqualTo("Single port serial");
    assertThat(view.read(MTTY + "/device_api")).isEqualTo("vfio-pci");
    assertThat(view.read(MTTY + "/available_instances")).isEqualTo("24");
    assertThat(view.exists(MTTY + "/description")).isFalse();
    assertThat(view.exists("/sys/class/mtty/mtty/mdev_supported_types/mtty-9")).isFalse();
  }

  @Test
  void mediatedDevicesAreMadeAndRemoved() {
    String remove = "/sys/bus/mdev/devices/" + UUID + "/remove";

    view.write(MTTY + "/create", UUID);
    view.write(remove, "0");
    view.write(remove, "1");

    assertThat(told).containsExactly("create mtty mtty-1 " + UUID, "remove " + UUID);
    assertThatThrownBy(() -> view.write(remove, "yes")).hasMessageStartingWith("EINVAL");
  }
}
