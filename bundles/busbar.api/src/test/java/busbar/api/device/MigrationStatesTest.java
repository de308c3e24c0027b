package busbar.api.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import busbar.api.VfioException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MigrationStatesTest {
  private static Stream<Arguments> allCells() {
    return LongStream.range(0, 8)
        .boxed()
        .flatMap(
            flags ->
                Stream.of(MigrationState.values())
                    .flatMap(
                        from ->
                            Stream.of(MigrationState.values())
                                .map(to -> Arguments.of(flags, from, to))));
  }

  @ParameterizedTest
  @MethodSource("allCells")
  void everyCellLeadsToItsGoalOverSupportedStatesOrIsRefused(
      long flags, MigrationState from, MigrationState to) {
    if (!MigrationStates.supports(flags, from) || !MigrationStates.supports(flags, to)) {
      assertThatThrownBy(() -> MigrationStates.next(flags, from, to))
          .isInstanceOf(VfioException.class);
      return;
    }
    boolean blocked =
        from == MigrationState.STOP_COPY
            && (to == MigrationState.PRE_COPY || to == MigrationState.PRE_COPY_P2P);
    if (blocked) {
      assertThatThrownBy(() -> MigrationStates.next(flags, from, to))
          .isInstanceOf(VfioException.class);
      return;
    }
    Set<MigrationState> seen = new HashSet<>();
    MigrationState at = from;
    while (at != to) {
      assertThat(seen.add(at)).as("%s to %s runs in a circle at %s", from, to, at).isTrue();
      at = MigrationStates.next(flags, at, to);
      assertThat(MigrationStates.supports(flags, at)).isTrue();
    }
  }

  /** Rows of the kernel's table, all capabilities present. */
  @ParameterizedTest
  @CsvSource({
    "RUNNING, STOP, RUNNING_P2P",
    "RUNNING, PRE_COPY, PRE_COPY",
    "PRE_COPY, STOP_COPY, PRE_COPY_P2P",
    "PRE_COPY_P2P, STOP_COPY, STOP_COPY",
    "STOP_COPY, RUNNING, STOP",
    "RESUMING, STOP_COPY, STOP",
    "STOP, PRE_COPY, RUNNING_P2P",
    "RUNNING_P2P, PRE_COPY, RUNNING"
  })
  void arcsAreTheKernels(MigrationState from, MigrationState to, MigrationState next) {
    assertThat(MigrationStates.next(7, from, to)).isEqualTo(next);
  }

  @ParameterizedTest
  @CsvSource({"1, RUNNING, STOP, STOP", "1, STOP, RUNNING, RUNNING", "5, RUNNING, STOP, STOP"})
  void devicesWithoutPeerToPeerSkipItsStates(
      long flags, MigrationState from, MigrationState to, MigrationState next) {
    assertThat(MigrationStates.next(flags, from, to)).isEqualTo(next);
  }
}
