package busbar.provision;

import busbar.api.VfioException;
import busbar.api.admin.BundleSet;
import busbar.api.time.Timing;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Finds out by itself that a set is good: it ran for some time, and nothing went wrong. The first
 * set of all is kept as soon as everything is up, since there is nothing else to go back to.
 */
final class Keeper {
  private static final Logger LOG = System.getLogger(Keeper.class.getName());
  private static final long SECOND = 1_000_000_000L;

  /** How soon after the last change the first set of all counts. */
  private static final long FIRST_SECONDS = 2;

  private final Store store;
  private final Health health;
  private final Supplier<List<Running>> inventory;
  private final BooleanSupplier changing;
  private final Timing timing;
  private final long settleSeconds;
  private Timing.Timer timer = () -> false;
  private long mark;
  private volatile boolean closed;

  /**
   * Nothing happens before {@link #changed}.
   *
   * @param changing whether the bundles are on their way to another set
   * @param settleSeconds how long a set has to run; 0: only an operator says that one is good
   */
  Keeper(
      Store store,
      Health health,
      Supplier<List<Running>> inventory,
      BooleanSupplier changing,
      Timing timing,
      long settleSeconds) {
    this.store = store;
    this.health = health;
    this.inventory = inventory;
    this.changing = changing;
    this.timing = timing;
    this.settleSeconds = settleSeconds;
  }

  /** Bundles changed: the time begins anew. */
  synchronized void changed() {
    timer.cancel();
    if (settleSeconds > 0 && !closed) {
      mark = health.mark();
      long seconds =
          store.sets().isEmpty() ? Math.min(FIRST_SECONDS, settleSeconds) : settleSeconds;
      timer = timing.schedule(seconds * SECOND, this::look);
    }
  }

  /** Does not wait for a look that is under way. */
  void close() {
    closed = true;
  }

  private synchronized void look() {
    if (closed) {
      return;
    }
    if (changing.getAsBoolean()) {
      changed();
      return;
    }
    try {
      List<Running> running = inventory.get();
      Optional<String> complaint = health.complaint(running, mark);
      if (complaint.isPresent()) {
        LOG.log(Level.INFO, "this set of bundles is not good: " + complaint.get());
        changed();
        return;
      }
      boolean first = store.sets().isEmpty();
      BundleSet set = store.keep(running, "");
      if (!set.good()) {
        store.good(
            set.number(),
            first
                ? "the first one that was up"
                : "it ran for " + settleSeconds + " s without harm");
      }
    } catch (VfioException | IllegalStateException e) {
      LOG.log(Level.WARNING, "this set of bundles is not kept: " + e.getMessage());
      changed();
    }
  }
}
