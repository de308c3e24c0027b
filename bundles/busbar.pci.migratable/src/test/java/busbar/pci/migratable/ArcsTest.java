package busbar.pci.migratable;

import static busbar.api.device.MigrationState.ERROR;
import static busbar.api.device.MigrationState.PRE_COPY;
import static busbar.api.device.MigrationState.PRE_COPY_P2P;
import static busbar.api.device.MigrationState.RESUMING;
import static busbar.api.device.MigrationState.RUNNING;
import static busbar.api.device.MigrationState.STOP;
import static busbar.api.device.MigrationState.STOP_COPY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.VfioException;
import busbar.api.device.MigrationState;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every cell of the table of next steps in {@code vfio_mig_get_next_state}, walked from start to
 * end, and what each arc of a device with all flags does.
 */
class ArcsTest {
  private final FakeHardware hardware = new FakeHardware(new byte[10_000]);
  private final FunctionMigration migration =
      new FunctionMigration("fake", () -> Optional.of(hardware));

  /** Leads to a state from RUNNING, by arcs that the table allows. */
  private Optional<FileOps> lead(MigrationState state) {
    if (state == RUNNING) {
      return Optional.empty();
    }
    Optional<FileOps> stream = migration.setState(state);
    if (state == RESUMING) {
      write(stream.orElseThrow(), wholeStream(hardware.state));
    }
    hardware.takeAsked();
    return stream;
  }

  static byte[] wholeStream(byte[] state) {
    FakeHardware other = new FakeHardware(state);
    FunctionMigration source = new FunctionMigration("other", () -> Optional.of(other));
    return StreamsTest.readAll(source.setState(STOP_COPY).orElseThrow(), 4096);
  }

  private static void write(FileOps stream, byte[] bytes) {
    assertThat(stream.write(null, MemorySegment.ofArray(bytes))).isEqualTo(bytes.length);
  }

  /** One arc, and what the hardware is asked on it. */
  @ParameterizedTest
  @CsvSource({
    "RUNNING,RUNNING_P2P,QUIET",
    "RUNNING,PRE_COPY,save",
    "RUNNING_P2P,RUNNING,RUNNING",
    "RUNNING_P2P,STOP,STOPPED",
    "RUNNING_P2P,PRE_COPY_P2P,save",
    "STOP,RUNNING_P2P,QUIET",
    "STOP,STOP_COPY,save",
    "STOP,RESUMING,",
    "STOP_COPY,STOP,",
    "RESUMING,STOP,load",
    "PRE_COPY,RUNNING,",
    "PRE_COPY,PRE_COPY_P2P,QUIET",
    "PRE_COPY_P2P,PRE_COPY,RUNNING",
    "PRE_COPY_P2P,RUNNING_P2P,",
    "PRE_COPY_P2P,STOP_COPY,STOPPED save",
  })
  void anArcAsksTheHardwareForWhatItMeans(MigrationState from, MigrationState to, String expected) {
    lead(from);
    migration.setState(to);
    assertThat(migration.state()).isEqualTo(to);
    assertThat(String.join(" ", hardware.takeAsked())).isEqualTo(expected == null ? "" : expected);
    assertThat(hardware.activity()).isEqualTo(FunctionMigration.activityIn(to));
  }

  /** The arcs that open a stream are those of the header's table, others give none. */
  @ParameterizedTest
  @MethodSource("pairs")
  void aStreamOpensWhereTheHeaderSaysSo(MigrationState from, MigrationState to) {
    lead(from);
    boolean blocked = from == STOP_COPY && (to == PRE_COPY || to == PRE_COPY_P2P);
    if (blocked) {
      assertThatThrownBy(() -> migration.setState(to)).hasMessageStartingWith("EINVAL");
      assertThat(migration.state()).isEqualTo(from);
      return;
    }
    Optional<FileOps> stream = migration.setState(to);
    assertThat(migration.state()).isEqualTo(to);
    assertThat(stream.isPresent()).isEqualTo(opens(from, to));
  }

  private static boolean opens(MigrationState from, MigrationState to) {
    boolean preCopied = from == PRE_COPY || from == PRE_COPY_P2P;
    return from != to
        && switch (to) {
          case RESUMING -> true;
          case STOP_COPY, PRE_COPY, PRE_COPY_P2P -> !preCopied;
          default -> false;
        };
  }

  static Stream<Arguments> pairs() {
    List<MigrationState> states =
        Arrays.stream(MigrationState.values()).filter(state -> state != ERROR).toList();
    return states.stream().flatMap(from -> states.stream().map(to -> Arguments.of(from, to)));
  }

  @ParameterizedTest
  @CsvSource({"STOP_COPY", "PRE_COPY", "PRE_COPY_P2P", "RESUMING"})
  void aStreamIsDisconnectedWhenItsStatesAreLeft(MigrationState state) {
    FileOps stream = lead(state).orElseThrow();
    migration.setState(RUNNING);
    MemorySegment buffer = MemorySegment.ofArray(new byte[8]);
    assertThatThrownBy(
            () -> {
              if (state == RESUMING) {
                stream.write(null, buffer);
              } else {
                stream.read(null, buffer);
              }
            })
        .hasMessageStartingWith("ENODEV");
    assertThat(stream.poll() & 16).isEqualTo(16);
  }

  @Test
  void aResetLeadsToRunningFromEveryState() {
    migration.opened();
    for (MigrationState state : MigrationState.values()) {
      if (state != ERROR) {
        lead(state);
        hardware.reset();
        assertThat(migration.state()).isEqualTo(RUNNING);
      }
    }
  }

  @Test
  void hardwareThatFailsIsAnErrorThatOnlyAResetEnds() {
    migration.opened();
    FileOps stream = lead(PRE_COPY).orElseThrow();
    hardware.failure = new IllegalStateException("smoke");
    assertThatThrownBy(() -> migration.setState(STOP))
        .isInstanceOfSatisfying(
            VfioException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO))
        .hasMessageContaining("smoke");
    hardware.failure = null;
    assertThat(migration.state()).isEqualTo(ERROR);
    assertThatThrownBy(() -> stream.read(null, MemorySegment.ofArray(new byte[1])))
        .hasMessageStartingWith("ENODEV");
    for (MigrationState state : MigrationState.values()) {
      if (state != ERROR) {
        assertThatThrownBy(() -> migration.setState(state)).hasMessageStartingWith("EINVAL");
      }
    }
    hardware.reset();
    assertThat(migration.state()).isEqualTo(RUNNING);
    migration.setState(STOP);
  }

  @Test
  void aDeviceThatDoesNotComeToRestStaysWhereItWas() {
    hardware.failure = Errno.EBUSY.because("work does not end");
    assertThatThrownBy(() -> migration.setState(STOP)).hasMessageStartingWith("EBUSY");
    assertThat(migration.state()).isEqualTo(RUNNING);
  }

  @Test
  void aStateThatTheHardwareRefusesLeavesTheDeviceResuming() {
    FileOps stream = migration.setState(RESUMING).orElseThrow();
    write(stream, wholeStream(new byte[5]));
    assertThatThrownBy(() -> migration.setState(RUNNING)).hasMessageStartingWith("EINVAL");
    assertThat(migration.state()).isEqualTo(RESUMING);
    assertThat(hardware.state).hasSize(10_000);
  }

  @Test
  void afterARefusalAWholeStateCanBeWrittenToTheSameStream() {
    FileOps stream = migration.setState(RESUMING).orElseThrow();
    byte[] right = new byte[10_000];
    Arrays.fill(right, (byte) 7);
    write(stream, wholeStream(new byte[5]));
    assertThatThrownBy(() -> migration.setState(STOP)).hasMessageStartingWith("EINVAL");
    byte[] damaged = wholeStream(right);
    damaged[100]++;
    assertThatThrownBy(() -> write(stream, damaged)).hasMessageStartingWith("EINVAL");
    assertThatThrownBy(() -> migration.setState(STOP)).hasMessageStartingWith("EINVAL");
    write(stream, wholeStream(right));
    migration.setState(STOP);
    assertThat(hardware.state).isEqualTo(right);
  }

  @Test
  void anotherDriverTakesOverOnlyWhileTheDeviceRuns() {
    migration.checkIdle();
    lead(STOP);
    assertThatThrownBy(migration::checkIdle).hasMessageStartingWith("EBUSY");
  }

  @Test
  void hardwareWithoutMigrationHasNoFlags() {
    assertThat(new FunctionMigration("bare", Optional::empty).flags()).isZero();
  }
}
