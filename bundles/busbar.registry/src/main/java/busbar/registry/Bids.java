package busbar.registry;

import busbar.api.VfioException;
import busbar.api.swap.Candidate;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord.Way;
import busbar.registry.DeviceEntry.VfioBound;
import java.util.List;

/**
 * Lets better drivers and backends take over, as the policy says. Better is: for a device, who its
 * override names, else who bids more, of equal bids who ranks higher, of equal rank and name who is
 * newer. For a container, who has the same name and ranks higher or is newer.
 */
final class Bids {
  private static final System.Logger LOG = System.getLogger(Bids.class.getName());

  private final Devices devices;
  private final Containers containers;
  private final Backends backends;
  private final DriverSwaps driverSwaps;
  private final BackendSwaps backendSwaps;
  private final SwapRules rules;

  Bids(
      Devices devices,
      Containers containers,
      Backends backends,
      DriverSwaps driverSwaps,
      BackendSwaps backendSwaps,
      SwapRules rules) {
    this.devices = devices;
    this.containers = containers;
    this.backends = backends;
    this.driverSwaps = driverSwaps;
    this.backendSwaps = backendSwaps;
    this.rules = rules;
  }

  /** Somebody came, or the policy changed: looks at every place. */
  void review() {
    if (rules.policy() == SwapPolicy.MANUAL) {
      return;
    }
    devices.all().forEach(this::review);
    containers.all().forEach(this::review);
  }

  /** Looks at a device: its override changed, its last file was closed. */
  void review(DeviceEntry entry) {
    SwapPolicy policy = rules.policy();
    if (policy == SwapPolicy.MANUAL
        || !(entry.bound() instanceof VfioBound bound)
        || entry.hold() != null
        || policy == SwapPolicy.ON_IDLE && bound.object().isOpen()) {
      return;
    }
    DriverEntry better = better(entry, bound.driver());
    if (better != null) {
      attempt(
          entry.name(), () -> driverSwaps.swap(entry, better.candidate, Way.POLICY, who(policy)));
    }
  }

  private static String who(SwapPolicy policy) {
    return "policy " + policy.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  /** The best of those that beat the present one; {@code null} if none does. */
  private DriverEntry better(DeviceEntry entry, DriverEntry now) {
    String override = entry.override();
    DriverEntry best = null;
    for (DriverEntry other : driverSwaps.others(entry, now)) {
      boolean named = other.name().equals(override);
      if (override != null && !named) {
        continue;
      }
      DriverEntry champion = best == null ? now : best;
      if (named && !champion.name().equals(override) || beats(entry, other, champion)) {
        best = other;
      }
    }
    return best;
  }

  private static boolean beats(DeviceEntry entry, DriverEntry other, DriverEntry now) {
    int bid = other.bid(entry.device);
    int present = now.bid(entry.device);
    boolean sameName = other.name().equals(now.name());
    if (bid != present && !sameName) {
      return bid > present;
    }
    // one that takes only what it is told to bids 0 for all; its next version is as good
    if (bid == 0 && !sameName || bid < present) {
      return false;
    }
    return other.ranking != now.ranking
        ? other.ranking > now.ranking
        : sameName && other.candidate.isNewerThan(now.candidate);
  }

  private void review(Container container) {
    Attachment attachment = container.attachment();
    // a container that chose is in use
    if (attachment == null || rules.policy() != SwapPolicy.ALWAYS) {
      return;
    }
    BackendEntry<?> now = attachment.backend();
    BackendEntry<?> best = now;
    List<BackendEntry<?>> allowed = backends.allowed(container.groupType()).toList();
    for (BackendEntry<?> other : allowed) {
      boolean better =
          other.ranking != best.ranking
              ? other.ranking > best.ranking
              : other.candidate.isNewerThan(best.candidate);
      if (other.name().equals(now.name()) && better) {
        best = other;
      }
    }
    if (best != now) {
      Candidate chosen = best.candidate;
      attempt(
          container.name(),
          () -> backendSwaps.swap(container, chosen, Way.POLICY, who(SwapPolicy.ALWAYS)));
    }
  }

  /** The journal has why it failed. */
  private static void attempt(String target, Runnable swap) {
    try {
      swap.run();
    } catch (VfioException e) {
      LOG.log(System.Logger.Level.INFO, "{0} keeps what it has: {1}", target, e.because());
    }
  }
}
