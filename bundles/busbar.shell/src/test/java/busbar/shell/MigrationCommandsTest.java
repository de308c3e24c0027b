package busbar.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.admin.MigrationAdmin;
import busbar.api.admin.VfioAdmin;
import busbar.api.device.MigrationState;
import busbar.api.iommu.Iommu;
import busbar.api.mdev.MdevAdmin;
import busbar.api.state.StateRecord;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationCommandsTest {
  private static final String EDU = "0000:00:04.0";

  @TempDir Path folder;

  private final FakeMigrations migrations = new FakeMigrations();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Commands commands =
      new Commands(
          new Services() {
            @Override
            public VfioAdmin vfio() {
              return new FakeAdmin();
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
            public Optional<MigrationAdmin> migrations() {
              return Optional.of(migrations);
            }
          });

  /** One device, open or not. */
  private static final class FakeMigrations implements MigrationAdmin {
    final List<String> asked = new ArrayList<>();
    byte[] data = {1, 2, 3};
    MigrationState state = MigrationState.RUNNING;
    Use use = Use.OPEN;
    boolean arriving;

    @Override
    public List<Movable> movable() {
      return List.of(movable(EDU));
    }

    @Override
    public Movable movable(String device) {
      return new Movable(device, "migratable-vfio-pci", "pci edu", state, use, arriving);
    }

    @Override
    public StateRecord save(String device) {
      asked.add("save " + device);
      state = MigrationState.STOP;
      return new StateRecord(STATE_KIND, 1, Map.of("what", "pci edu", "data", data));
    }

    @Override
    public Movable restore(String device, StateRecord record) {
      asked.add("restore " + device);
      data = record.expect(STATE_KIND, 1).get("data", byte[].class);
      state = MigrationState.STOP;
      arriving = use == Use.CLOSED;
      return movable(device);
    }

    @Override
    public Movable resume(String device) {
      asked.add("resume " + device);
      state = MigrationState.RUNNING;
      return movable(device);
    }

    @Override
    public void forget(String device) {
      asked.add("forget " + device);
      arriving = false;
    }
  }

  private int run(String name, String... arguments) {
    return commands.run(
        name,
        List.of(arguments),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @Test
  void whatIsSavedIsRestored() {
    String file = folder.resolve("edu.state").toString();
    assertThat(run("save", EDU, file)).isZero();
    assertThat(out.toString()).contains("undo: vfio:resume " + EDU);
    migrations.data = new byte[0];
    assertThat(run("restore", EDU, file)).isZero();
    assertThat(migrations.data).containsExactly(1, 2, 3);
    assertThat(out.toString()).contains("next: vfio:resume " + EDU);
    assertThat(run("resume", EDU)).isZero();
    assertThat(migrations.state).isEqualTo(MigrationState.RUNNING);
  }

  @Test
  void aStateForNobodyWaitsAndCanBeForgotten() {
    String file = folder.resolve("edu.state").toString();
    run("save", EDU, file);
    migrations.use = MigrationAdmin.Use.CLOSED;
    assertThat(run("restore", EDU, file)).isZero();
    assertThat(out.toString()).contains("undo: vfio:restore " + EDU + " --forget");
    assertThat(run("movable")).isZero();
    assertThat(out.toString()).contains("a state, for the next user");
    assertThat(run("restore", EDU, "--forget")).isZero();
    assertThat(migrations.asked).endsWith("forget " + EDU);
  }

  @Test
  void aFileThatIsThereStopsNoDevice() throws Exception {
    Path file = Files.writeString(folder.resolve("there"), "kept");
    assertThat(run("save", EDU, file.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("EEXIST");
    assertThat(run("save", EDU, folder.resolve("no/such/folder").toString())).isEqualTo(1);
    assertThat(migrations.asked).isEmpty();
    assertThat(file).hasContent("kept");
  }

  @Test
  void aStateThatCannotBeWrittenLetsTheDeviceGoOn() {
    StateRecord handle = new StateRecord("x", 1, Map.of("handle", new Object()));
    assertThatThrownBy(() -> StateFile.write(folder.resolve("x"), handle))
        .hasMessageStartingWith("EOPNOTSUPP");
    // a name that no file can have, which shows when it is written
    String name = folder.resolve("n".repeat(300)).toString();
    assertThat(run("save", EDU, name)).isEqualTo(1);
    assertThat(migrations.asked).containsExactly("save " + EDU, "resume " + EDU);
    assertThat(migrations.state).isEqualTo(MigrationState.RUNNING);
  }

  @Test
  void everyDamageToAFileIsFoundBeforeADeviceStops() throws Exception {
    Path file = folder.resolve("edu.state");
    StateFile.write(file, new StateRecord("k", 1, Map.of("data", new byte[] {1})));
    byte[] good = Files.readAllBytes(file);
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 4;
      Files.write(file, bad);
      assertThatThrownBy(() -> StateFile.read(file)).hasMessageStartingWith("EINVAL");
      Files.write(file, Arrays.copyOf(good, at));
      assertThatThrownBy(() -> StateFile.read(file)).hasMessageStartingWith("EINVAL");
    }
    assertThat(run("restore", EDU, file.toString())).isEqualTo(1);
    assertThat(run("restore", EDU, folder.resolve("none").toString())).isEqualTo(1);
    assertThat(err.toString()).contains(Errno.ENOENT.name());
    assertThat(migrations.asked).isEmpty();
  }

  @Test
  void restoreNeedsAFileOrForgets() {
    assertThat(run("restore", EDU)).isEqualTo(1);
    assertThat(run("restore", EDU, "file", "--forget")).isEqualTo(1);
    assertThat(migrations.asked).isEmpty();
  }
}
