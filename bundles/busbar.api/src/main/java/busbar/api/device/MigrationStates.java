package busbar.api.device;

import static busbar.api.device.MigrationState.ERROR;
import static busbar.api.device.MigrationState.PRE_COPY;
import static busbar.api.device.MigrationState.PRE_COPY_P2P;
import static busbar.api.device.MigrationState.RESUMING;
import static busbar.api.device.MigrationState.RUNNING;
import static busbar.api.device.MigrationState.RUNNING_P2P;
import static busbar.api.device.MigrationState.STOP;
import static busbar.api.device.MigrationState.STOP_COPY;

import busbar.api.Errno;

/** The arcs between migration states ({@code vfio_mig_get_next_state}). */
public final class MigrationStates {
  /** {@code VFIO_MIGRATION_STOP_COPY}, {@code _P2P}, {@code _PRE_COPY}. */
  public static final long FLAG_STOP_COPY = 1;

  public static final long FLAG_P2P = 2;
  public static final long FLAG_PRE_COPY = 4;

  private static final MigrationState[][] NEXT = {
    {ERROR, ERROR, ERROR, ERROR, ERROR, ERROR, ERROR, ERROR},
    {ERROR, STOP, RUNNING_P2P, STOP_COPY, RESUMING, RUNNING_P2P, RUNNING_P2P, RUNNING_P2P},
    {ERROR, RUNNING_P2P, RUNNING, RUNNING_P2P, RUNNING_P2P, RUNNING_P2P, PRE_COPY, RUNNING_P2P},
    {ERROR, STOP, STOP, STOP_COPY, STOP, STOP, ERROR, ERROR},
    {ERROR, STOP, STOP, STOP, RESUMING, STOP, STOP, STOP},
    {ERROR, STOP, RUNNING, STOP, STOP, RUNNING_P2P, RUNNING, PRE_COPY_P2P},
    {ERROR, RUNNING, RUNNING, PRE_COPY_P2P, RUNNING, RUNNING, PRE_COPY, PRE_COPY_P2P},
    {ERROR, RUNNING_P2P, RUNNING_P2P, STOP_COPY, RUNNING_P2P, RUNNING_P2P, PRE_COPY, PRE_COPY_P2P},
  };

  private MigrationStates() {}

  /** Whether a device with those flags has the state. */
  public static boolean supports(long flags, MigrationState state) {
    long needed =
        switch (state) {
          case ERROR -> 0;
          case STOP, RUNNING, STOP_COPY, RESUMING -> FLAG_STOP_COPY;
          case RUNNING_P2P -> FLAG_STOP_COPY | FLAG_P2P;
          case PRE_COPY -> FLAG_STOP_COPY | FLAG_PRE_COPY;
          case PRE_COPY_P2P -> FLAG_STOP_COPY | FLAG_P2P | FLAG_PRE_COPY;
        };
    return state != ERROR && (flags & needed) == needed;
  }

  /**
   * The next state on the way.
   *
   * @throws busbar.api.VfioException {@code EINVAL} if either state is not supported or no way
   *     leads there
   */
  public static MigrationState next(long flags, MigrationState current, MigrationState wanted) {
    if (!supports(flags, current) || !supports(flags, wanted)) {
      throw Errno.EINVAL.because(
          "no way from %s to %s with migration flags %d", current, wanted, flags);
    }
    MigrationState next = NEXT[current.ordinal()][wanted.ordinal()];
    while (next != ERROR && !supports(flags, next)) {
      next = NEXT[next.ordinal()][wanted.ordinal()];
    }
    if (next == ERROR) {
      throw Errno.EINVAL.because("the way from %s to %s is blocked", current, wanted);
    }
    return next;
  }
}
