package busbar.shell;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.admin.VfioAdmin;
import busbar.api.iommu.Iommu;
import busbar.api.mdev.MdevAdmin;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CommandsTest {
  private final FakeAdmin admin = new FakeAdmin();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Commands commands =
      new Commands(
          new Services() {
            @Override
            public VfioAdmin vfio() {
              return admin;
            }

            @Override
            public Optional<MdevAdmin> mdev() {
              return Optional.empty();
            }

            @Override
            public List<Iommu> iommus() {
              return List.of();
            }
          });

  private int run(String name, String... arguments) {
    return commands.run(
        name,
        List.of(arguments),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  static List<String> names() {
    return Commands.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyCommandExplainsItselfAndKnowsJson(String name) {
    assertThat(run(name, "--help")).isZero();
    assertThat(out.toString()).contains("vfio:" + name).contains("--json");
    assertThat(Commands.options(name)).containsKeys("json", "help");
    assertThat(commands.help(name)).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("names")
  void anUnknownOptionIsRefusedInOneLine(String name) {
    assertThat(run(name, "--no-such-option")).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1).allMatch(line -> line.contains("--help"));
    assertThat(admin.asked).isEmpty();
  }

  @Test
  void devicesShowsDriverGroupAndState() {
    assertThat(run("devices")).isZero();
    assertThat(out.toString().lines().toList())
        .containsExactly(
            "DEVICE        BUS  GROUP  DRIVER  STATE    WHAT",
            "0000:00:04.0  pci  2      -       unbound  1234:11e8 edu");
  }

  @Test
  void jsonHoldsWhatTheTextHolds() throws Exception {
    assertThat(run("devices", "--json")).isZero();
    List<?> devices = (List<?>) JSON.std.anyFrom(out.toString());
    assertThat(devices)
        .singleElement()
        .hasToString(
            "{name=0000:00:04.0, bus=pci, summary=1234:11e8 edu, group=2, driver=null,"
                + " override=null, openCount=0, state=unbound, because=no driver is bound}");
  }

  @Test
  void bindSetsTheOverrideAndPrintsTheWayBack() {
    assertThat(run("bind", "0000:00:04.0", "vfio-pci")).isZero();
    assertThat(admin.asked)
        .containsExactly("override 0000:00:04.0 vfio-pci", "bind 0000:00:04.0 vfio-pci");
    assertThat(out.toString()).contains("undo: vfio:unbind 0000:00:04.0");
  }

  @Test
  void aRefusedBindLeavesTheOverrideAsItWas() {
    admin.override = "other";
    admin.refuseBind = true;
    assertThat(run("bind", "0000:00:04.0", "vfio-pci")).isEqualTo(1);
    assertThat(admin.override).isEqualTo("other");
    assertThat(err.toString().strip())
        .isEqualTo("vfio:bind: ENODEV: vfio-pci refused 0000:00:04.0");
  }

  @Test
  void aWrongDeviceIsNamedAndNothingIsChanged() {
    assertThat(run("bind", "nonsense", "vfio-pci")).isEqualTo(1);
    assertThat(err.toString()).contains("ENODEV").contains("nonsense");
    assertThat(admin.asked).isEmpty();
  }

  @Test
  void aParameterIsChangedByItsFullName() {
    assertThat(run("param", "vfio_iommu_type1.dma_entry_limit", "16")).isZero();
    assertThat(admin.asked).containsExactly("param vfio_iommu_type1 dma_entry_limit 16");
    assertThat(out.toString()).contains("undo: vfio:param vfio_iommu_type1.dma_entry_limit 65535");
    assertThat(run("param", "no.such")).isEqualTo(1);
  }

  @Test
  void explainShowsEveryAnswer() {
    assertThat(run("explain", "0000:00:04.0")).isZero();
    assertThat(out.toString()).contains("no   driver vfio-pci: it takes only what it is told to");
  }

  @Test
  void withoutTheMediatedBusItsCommandsSayWhatIsMissing() {
    assertThat(run("mdevs")).isEqualTo(1);
    assertThat(err.toString()).contains("busbar.mdev");
  }

  @Test
  void completionOffersDevicesThenDrivers() {
    assertThat(commands.candidates("bind", 1)).containsExactly("0000:00:04.0");
    assertThat(commands.candidates("bind", 2)).containsExactly("vfio-pci");
    assertThat(commands.candidates("bind", 3)).isEmpty();
  }
}
