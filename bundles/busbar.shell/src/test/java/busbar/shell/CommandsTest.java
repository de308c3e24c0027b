package busbar.shell;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.admin.BundleSets;
import busbar.api.admin.VfioAdmin;
import busbar.api.iommu.Iommu;
import busbar.api.mdev.MdevAdmin;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapSettings;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandsTest {
  private static final String EDU = "0000:00:04.0";

  private final FakeAdmin admin = new FakeAdmin();
  private final FakeSwaps swaps = new FakeSwaps();
  private final FakeBundles bundles = new FakeBundles();
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

            @Override
            public Optional<SwapAdmin> swaps() {
              return Optional.of(swaps);
            }

            @Override
            public Optional<BundleSets> bundles() {
              return Optional.of(bundles);
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

  /** What the last command said takes it back, typed as a shell would take it. */
  private void undo() {
    String line =
        out.toString().lines().filter(text -> text.startsWith("undo: ")).toList().getLast();
    for (String command : line.substring("undo: ".length()).split("; ")) {
      List<String> words = List.of(command.split(" "));
      assertThat(words.getFirst()).startsWith("vfio:");
      String name = words.getFirst().substring("vfio:".length());
      assertThat(run(name, words.subList(1, words.size()).toArray(String[]::new))).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "other", "vfio-pci"})
  void theUndoOfAnOverrideBringsBackTheOneBefore(String before) {
    admin.override = before;
    assertThat(run("override", EDU, "vfio-pci")).isZero();
    assertThat(admin.override).isEqualTo("vfio-pci");
    undo();
    assertThat(admin.override).isEqualTo(before);
    assertThat(run("override", EDU)).isZero();
    assertThat(admin.override).isEmpty();
    undo();
    assertThat(admin.override).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "other", "vfio-pci"})
  void theUndoOfABindBringsBackTheOverrideToo(String before) {
    admin.override = before;
    assertThat(run("bind", EDU, "vfio-pci")).isZero();
    undo();
    assertThat(admin.override).isEqualTo(before);
    assertThat(admin.driver).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "other", "vfio-pci"})
  void theUndoOfAnUnbindBringsBackTheOverrideToo(String before) {
    admin.driver = "vfio-pci";
    admin.override = before;
    assertThat(run("unbind", EDU)).isZero();
    undo();
    assertThat(admin.override).isEqualTo(before);
    assertThat(admin.driver).isEqualTo("vfio-pci");
  }

  @Test
  void slotsShowsWhoIsThereAndWhoCouldBe() {
    assertThat(run("slots")).isZero();
    assertThat(out.toString().lines().toList())
        .containsExactly(
            "TARGET        KIND     IN PLACE        OTHERS          IN USE",
            "0000:00:04.0  driver   vfio-pci@1.0.0  vfio-pci@1.0.1  yes",
            "container-1   backend  type1@1.0.0     -               yes");
    out.reset();
    assertThat(run("slots", "type1")).isZero();
    assertThat(out.toString().lines()).hasSize(2);
    swaps.current = null;
    assertThat(run("slots", EDU)).isZero();
    assertThat(out.toString()).contains("(awaited)");
    assertThat(run("slots", "nonsense")).isEqualTo(1);
  }

  @Test
  void aSwapTellsItsPauseAndPhasesAndTheWayBack() {
    assertThat(run("swap", EDU, "vfio-pci@1.0.1")).isZero();
    assertThat(out.toString().lines().toList())
        .containsExactly(
            "0000:00:04.0: vfio-pci@1.0.0 -> vfio-pci@1.0.1, done after 150.5 us:"
                + " it took the state over",
            "  pause 151.0 us",
            "  save 20.0 us",
            "  restore 130.5 us",
            "undo: vfio:swap 0000:00:04.0 vfio-pci@1.0.0");
    undo();
    assertThat(swaps.current).isEqualTo(FakeSwaps.OLD);
  }

  @Test
  void aDryRunTouchesNothingAndItsStatusSaysWhetherItIsPossible() {
    assertThat(run("swap", EDU, "#40", "--dry-run")).isZero();
    assertThat(out.toString()).contains("  possible: it reads state of version 1");
    swaps.stateFits = false;
    assertThat(run("swap", EDU, "#40", "--dry-run")).isEqualTo(1);
    assertThat(out.toString())
        .contains("  not possible: state of version 2 is newer than 1")
        .contains("  - 3 interrupts are wired");
    assertThat(swaps.history()).isEmpty();
  }

  @Test
  void aRefusedSwapIsOneLine() {
    swaps.stateFits = false;
    assertThat(run("swap", EDU, "vfio-pci@1.0.1")).isEqualTo(1);
    assertThat(err.toString().strip())
        .isEqualTo("vfio:swap: EINVAL: vfio-pci@1.0.1 refuses the state of vfio-pci@1.0.0");
    assertThat(run("swap", EDU, "nobody")).isEqualTo(1);
    assertThat(err.toString()).contains("ENOENT");
  }

  @Test
  void recordsAreListedByNumber() throws Exception {
    assertThat(run("swaps")).isZero();
    assertThat(out.toString()).contains("nothing was swapped");
    run("swap", EDU, "vfio-pci@1.0.1");
    run("swap", EDU, "vfio-pci@1.0.0");
    out.reset();
    assertThat(run("swaps", "1")).isZero();
    assertThat(out.toString().lines().toList())
        .hasSize(2)
        .last()
        .asString()
        .startsWith("2   ")
        .contains("side-by-side", "operator", "151.0 us", "done");
    out.reset();
    assertThat(run("swaps", "--number", "1")).isZero();
    assertThat(out.toString()).contains("  restore 130.5 us");
    assertThat(run("swaps", "--number", "3")).isEqualTo(1);
    out.reset();
    assertThat(run("swaps", "--json")).isZero();
    assertThat((List<?>) JSON.std.anyFrom(out.toString()))
        .hasSize(2)
        .first()
        .asString()
        .contains("begun=1970-01-01T00:00:00Z", "way=side-by-side", "pauseNanos=151000")
        .contains("{name=restore, nanos=130500}");
  }

  @Test
  void thePolicyIsChangedPartByPartAndComesBackWhole() {
    assertThat(run("policy")).isZero();
    assertThat(out.toString().strip()).isEqualTo("policy manual, grace 10000 ms, deadline 2000 ms");
    assertThat(run("policy", "on-idle", "--deadline", "500")).isZero();
    assertThat(swaps.settings()).isEqualTo(new SwapSettings(10_000, 500, SwapPolicy.ON_IDLE));
    undo();
    assertThat(swaps.settings()).isEqualTo(SwapSettings.DEFAULT);
    assertThat(run("policy", "sometimes")).isEqualTo(1);
    assertThat(run("policy", "--deadline", "0")).isEqualTo(1);
    assertThat(err.toString()).contains("sometimes").contains("makes no sense");
  }

  @Test
  void setsOfBundlesAreListedDeclaredGoodAndGoneBackTo() {
    assertThat(run("sets")).isZero();
    assertThat(out.toString()).contains("it ran well").contains("before feature pc");
    assertThat(run("sets", "1")).isZero();
    assertThat(out.toString()).contains("0123456789ab\n");
    assertThat(run("good")).isZero();
    assertThat(out.toString()).contains("undo: vfio:good 1");
    assertThat(run("rollback", "2", "--dry-run")).isZero();
    assertThat(out.toString()).contains("  update busbar.pci 1.0.1 -> 1.0.0");
    assertThat(run("rollback")).isEqualTo(1);
    assertThat(run("feature", "new.json")).isEqualTo(1);
    assertThat(bundles.asked)
        .containsExactly("good 0 operator", "restore 0 operator", "apply new.json null operator");
    bundles.possible = false;
    assertThat(run("feature", "new.json", "--dry-run")).isEqualTo(1);
  }

  @Test
  void completionOffersTargetsThenSuccessors() {
    assertThat(commands.candidates("swap", 1)).containsExactly(EDU, "container-1", "type1");
    assertThat(commands.candidates("swap", 2)).containsExactly("vfio-pci@1.0.1");
    assertThat(commands.candidates("policy", 1)).contains("on-idle");
    assertThat(commands.candidates("rollback", 1)).containsExactly("1", "2");
  }
}
