package busbar.shell;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.Errno;
import busbar.api.admin.VfioAdmin;
import busbar.api.iommu.Iommu;
import busbar.api.mdev.MdevAdmin;
import busbar.api.mdev.MdevAdmin.DefinitionView.State;
import busbar.api.mdev.MdevType;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DefinitionsTest {
  private static final String UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";

  private final FakeMdev mdev = new FakeMdev();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Commands commands =
      new Commands(
          new Services() {
            @Override
            public VfioAdmin vfio() {
              throw new AssertionError("not needed");
            }

            @Override
            public Optional<MdevAdmin> mdev() {
              return Optional.of(mdev);
            }

            @Override
            public List<Iommu> iommus() {
              return List.of();
            }
          });

  /** Has one parent, and remembers what it is told. */
  private static final class FakeMdev implements MdevAdmin {
    final List<DefinitionView> definitions = new ArrayList<>();
    final List<String> asked = new ArrayList<>();

    @Override
    public List<TypeView> types() {
      MdevType type = new MdevType("mtty-1", "Single port serial", "");
      return List.of(new TypeView("mtty", "class/mtty/mtty", type, "vfio-pci", 24));
    }

    @Override
    public List<ChildView> children() {
      return List.of();
    }

    @Override
    public void create(String parent, String type, String uuid) {
      throw new AssertionError("not asked for");
    }

    @Override
    public void remove(String uuid) {
      throw new AssertionError("not asked for");
    }

    @Override
    public List<DefinitionView> definitions() {
      return definitions;
    }

    @Override
    public void define(String parent, String type, String uuid, Start start) {
      definitions.add(new DefinitionView(uuid, parent, type, start, State.DEFINED));
    }

    @Override
    public void start(String uuid) {
      throw Errno.ENODEV.because("the parent of %s is going away", uuid);
    }

    @Override
    public void autostart(String uuid, Start start) {
      asked.add(uuid + " " + start);
    }

    @Override
    public void undefine(String uuid) {
      definitions.removeIf(one -> one.uuid().equals(uuid));
    }
  }

  private String run(String name, String... arguments) {
    out.reset();
    err.reset();
    commands.run(
        name,
        List.of(arguments),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
    return out.toString() + err;
  }

  @Test
  void aDefinitionIsMadeShownAndForgottenWithTheWayBack() {
    assertThat(run("mdev-define", "mtty", "mtty-1", UUID, "--auto"))
        .contains("undo: vfio:mdev-undefine " + UUID);
    assertThat(run("mdev-definitions").lines().toList().getLast())
        .containsPattern(UUID + " +mtty +mtty-1 +auto +defined");
    assertThat(run("mdev-undefine", UUID))
        .contains("undo: vfio:mdev-define mtty mtty-1 " + UUID + " --auto");
    assertThat(run("mdev-definitions")).contains("no mediated devices are remembered");
  }

  @Test
  void aDefinitionWithoutNameGetsOne() {
    run("mdev-define", "mtty", "mtty-1");
    assertThat(mdev.definitions)
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.uuid()).hasSize(36);
              assertThat(one.start()).isEqualTo(MdevAdmin.Start.MANUAL);
            });
  }

  @Test
  void autostartTakesItsWordInAnyCase() {
    assertThat(run("mdev-autostart", UUID, "auto"))
        .contains("undo: vfio:mdev-autostart " + UUID + " manual");
    run("mdev-autostart", UUID, "MANUAL");
    assertThat(mdev.asked).containsExactly(UUID + " AUTO", UUID + " MANUAL");
    assertThat(run("mdev-autostart", UUID, "never")).contains("--help");
  }

  @Test
  void aRefusalIsOneLine() {
    assertThat(run("mdev-start", UUID).strip())
        .isEqualTo("vfio:mdev-start: ENODEV: the parent of " + UUID + " is going away");
  }

  @Test
  void completionOffersParentsTypesAndDefinitions() {
    mdev.define("mtty", "mtty-1", UUID, MdevAdmin.Start.MANUAL);
    assertThat(commands.candidates("mdev-define", 1)).containsExactly("mtty");
    assertThat(commands.candidates("mdev-define", 2)).containsExactly("mtty-1");
    assertThat(commands.candidates("mdev-start", 1)).containsExactly(UUID);
    assertThat(commands.candidates("mdev-undefine", 1)).containsExactly(UUID);
    assertThat(commands.candidates("mdev-autostart", 2)).containsExactly("auto", "manual");
  }
}
