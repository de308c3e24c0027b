package busbar.model.mtty;

import static busbar.api.device.MigrationState.ERROR;
import static busbar.api.device.MigrationState.PRE_COPY;
import static busbar.api.device.MigrationState.PRE_COPY_P2P;
import static busbar.api.device.MigrationState.RESUMING;
import static busbar.api.device.MigrationState.RUNNING;
import static busbar.api.device.MigrationState.RUNNING_P2P;
import static busbar.api.device.MigrationState.STOP;
import static busbar.api.device.MigrationState.STOP_COPY;
import static busbar.api.device.MigrationStates.FLAG_P2P;
import static busbar.api.device.MigrationStates.FLAG_PRE_COPY;
import static busbar.api.device.MigrationStates.FLAG_STOP_COPY;

import busbar.api.Errno;
import busbar.api.FileOps;
import busbar.api.device.MigrationState;
import busbar.api.device.MigrationStates;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The migration of one card. The card does no DMA and runs only when it is asked, so stopping it is
 * only a word; what matters are the streams. Any thread.
 */
final class MttyMigration {
  static final long FLAGS = FLAG_STOP_COPY | FLAG_P2P | FLAG_PRE_COPY;

  private final ReentrantLock stateLock = new ReentrantLock();
  private final Mtty card;

  // guarded by stateLock
  private MigrationState state = RUNNING;
  private SavingStream saving;
  private ResumingStream resuming;

  private volatile boolean precopyInfoV2;

  MttyMigration(Mtty card) {
    this.card = card;
  }

  MigrationState state() {
    stateLock.lock();
    try {
      return state;
    } finally {
      stateLock.unlock();
    }
  }

  /** Goes to a state; the stream is there if the last step opened one. */
  Optional<FileOps> setState(MigrationState target) {
    stateLock.lock();
    try {
      Optional<FileOps> stream = Optional.empty();
      while (state != target) {
        MigrationState next = MigrationStates.next(FLAGS, state, target);
        stream = Optional.ofNullable(step(next));
        state = next;
      }
      return stream;
    } finally {
      stateLock.unlock();
    }
  }

  /** What a step does besides changing the state; the ways between running states do nothing. */
  private FileOps step(MigrationState next) {
    if (state == RESUMING) {
      card.restorePorts(received().complete());
    }
    return switch (next) {
      case RESUMING -> resuming = new ResumingStream(card.shownPorts());
      case STOP_COPY -> save(true);
      case PRE_COPY, PRE_COPY_P2P -> startsCopy() ? save(false) : null;
      default -> {
        dropStreams();
        yield null;
      }
    };
  }

  /** {@code EINVAL} if who was to write the state has gone with the last user. */
  private ResumingStream received() {
    if (resuming == null) {
      throw Errno.EINVAL.because("nothing has come of the state of %s", card);
    }
    return resuming;
  }

  /** The other ways to these states lead from one to the other. */
  private boolean startsCopy() {
    return state == RUNNING || state == RUNNING_P2P;
  }

  /** Opens the stream unless it is open, and fills it when the card has stopped. */
  private FileOps save(boolean stopped) {
    boolean opens = saving == null;
    if (opens) {
      saving = new SavingStream(this, card.shownPorts());
    }
    if (stopped) {
      saving.fill(card.portImages());
    }
    return opens ? saving : null;
  }

  private void dropStreams() {
    if (saving != null) {
      saving.end();
      saving = null;
    }
    if (resuming != null) {
      resuming.end();
      resuming = null;
    }
  }

  /** The last user closed the card: its state stays, which the next user finds. */
  void endStreams() {
    stateLock.lock();
    try {
      dropStreams();
    } finally {
      stateLock.unlock();
    }
  }

  /** The card was reset. */
  void reset() {
    stateLock.lock();
    try {
      state = RUNNING;
      dropStreams();
    } finally {
      stateLock.unlock();
    }
  }

  /** Runs an action while the card is copied and runs on; {@code EINVAL} if it is not. */
  void whilePreCopying(Runnable action) {
    stateLock.lock();
    try {
      if (state != PRE_COPY && state != PRE_COPY_P2P) {
        throw Errno.EINVAL.because(
            "%s is %s, there is nothing to know before the copy", card, state);
      }
      action.run();
    } finally {
      stateLock.unlock();
    }
  }

  boolean precopyInfoV2() {
    return precopyInfoV2;
  }

  void enablePrecopyInfoV2() {
    precopyInfoV2 = true;
  }

  /**
   * The state that a successor of the driver begins with. A stream is this driver's own: it ends
   * with it, and the card is as if the migration had been given up. It runs on or stays stopped,
   * and one that was to be resumed has to be reset, because only a part of its state has come.
   */
  MigrationState stateForSuccessor() {
    stateLock.lock();
    try {
      if (saving == null && resuming == null) {
        return state;
      }
      return switch (state) {
        case STOP_COPY -> STOP;
        case PRE_COPY -> RUNNING;
        case PRE_COPY_P2P -> RUNNING_P2P;
        case RESUMING -> ERROR;
        default -> state;
      };
    } finally {
      stateLock.unlock();
    }
  }

  void restore(MigrationState predecessors, boolean v2) {
    stateLock.lock();
    try {
      state = predecessors;
      precopyInfoV2 = v2;
    } finally {
      stateLock.unlock();
    }
  }
}
