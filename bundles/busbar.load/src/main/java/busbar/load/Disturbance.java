package busbar.load;

import busbar.api.VfioException;
import busbar.api.device.VfioBusDriver;
import busbar.api.iommu.VfioIommuDriverOps;
import busbar.api.mdev.MdevParent;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import busbar.api.swap.SwapSettings;
import busbar.machine.model.DeviceModelFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceRegistration;

/**
 * What happens to drivers, backends, models and parents while clients come and go: one random thing
 * after the other. Used by one thread.
 */
final class Disturbance {
  /** Longer than any update takes on a busy machine. */
  private static final SwapSettings SETTINGS = new SwapSettings(30_000, 1_500, SwapPolicy.MANUAL);

  private static final SwapSettings SHORT_GRACE = new SwapSettings(100, 1_500, SwapPolicy.MANUAL);
  private static final long POLICY_MILLIS = 200;
  private static final long LOSS_MILLIS = 400;

  /** The second copy of a bundle, if there is one. */
  private final Map<Target, Bundle> seconds = new EnumMap<>(Target.class);

  private final Map<Target, Bundle> firsts = new EnumMap<>(Target.class);
  private final Map<Target, Jar> jars = new EnumMap<>(Target.class);
  private final Map<String, Integer> counts = new TreeMap<>();
  private final List<String> wrongs = new ArrayList<>();
  private final Place place;
  private final Losses losses;
  private final Loaders loaders;
  private final SplittableRandom random;
  private int version;

  Disturbance(Place place, Losses losses, Loaders loaders, SplittableRandom random) {
    this.place = place;
    this.losses = losses;
    this.loaders = loaders;
    this.random = random;
    for (Target target : Target.values()) {
      Bundle first =
          Arrays.stream(place.context().getBundles())
              .filter(bundle -> target.bundle.equals(bundle.getSymbolicName()))
              .findFirst()
              .orElseThrow();
      firsts.put(target, first);
      jars.put(target, Jar.of(first));
    }
    place.swaps().settings(SETTINGS);
  }

  /** One thing. */
  void next() throws BundleException, InterruptedException {
    Target target = Target.values()[random.nextInt(Target.values().length)];
    int dice = random.nextInt(100);
    if (dice < 35) {
      swap(target);
    } else if (dice < 60) {
      update(target);
    } else if (dice < 85) {
      fail(target, Trouble.Kind.values()[random.nextInt(Trouble.Kind.values().length)]);
    } else if (dice < 92) {
      byPolicy(target);
    } else if (dice < 97) {
      restart(target);
    } else {
      lose(target);
    }
  }

  private void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  private byte[] newer(Target target) {
    return jars.get(target).withVersion("2.0." + ++version);
  }

  private Bundle second(Target target) throws BundleException {
    Bundle second = seconds.get(target);
    if (second == null) {
      second =
          place.context().installBundle("busbar-soak:" + target.bundle, Jar.stream(newer(target)));
      second.start();
      seconds.put(target, second);
    }
    return second;
  }

  private static boolean isOf(Slot slot, Bundle bundle) {
    return slot.current() != null && slot.current().bundleId() == bundle.getBundleId();
  }

  /** The places of a target's bundle, whichever of the two fills them. */
  private List<Slot> slots(Target target) {
    Bundle second = seconds.get(target);
    return place.swaps().slots().stream()
        .filter(slot -> isOf(slot, firsts.get(target)) || second != null && isOf(slot, second))
        .toList();
  }

  private void swap(Target target) throws BundleException {
    Bundle second = second(target);
    List<Slot> slots = slots(target);
    if (slots.isEmpty()) {
      return;
    }
    Slot slot = slots.get(random.nextInt(slots.size()));
    Bundle to = isOf(slot, second) ? firsts.get(target) : second;
    attempt("swap", slot, to.getBundleId());
    if (random.nextInt(4) == 0) {
      dropIdle(target);
    }
  }

  /**
   * Swaps that may be called off: the machine is busy, clients close, and the time is short.
   *
   * @return whether it was done
   */
  private boolean attempt(String what, Slot slot, long bundleId) {
    try {
      place.swaps().swap(slot.target(), "#" + bundleId, "soak");
      count(what + " done");
      return true;
    } catch (VfioException e) {
      count(what + " " + e.errno());
      return false;
    } catch (RuntimeException e) {
      wrongs.add(what + " of " + slot.target() + ": " + e);
      return false;
    }
  }

  /** The second copy goes if nobody needs it. */
  private void dropIdle(Target target) throws BundleException {
    Bundle second = seconds.get(target);
    if (second != null && slots(target).stream().noneMatch(slot -> isOf(slot, second))) {
      loaders.replacing(second);
      second.uninstall();
      seconds.remove(target);
      count("uninstalled");
    }
  }

  private void update(Target target) throws BundleException {
    Bundle bundle =
        random.nextBoolean() && seconds.containsKey(target)
            ? seconds.get(target)
            : firsts.get(target);
    loaders.replacing(bundle);
    bundle.update(Jar.stream(newer(target)));
    count("updated");
  }

  /** A successor that is no good is told to take over, and must not. */
  private void fail(Target target, Trouble.Kind kind) {
    List<Slot> slots = slots(target);
    if (slots.isEmpty()) {
      return;
    }
    Slot slot = slots.get(random.nextInt(slots.size()));
    Trouble trouble = new Trouble(kind);
    ServiceRegistration<?> registration = register(target, trouble);
    trouble.disappearing(() -> unregister(registration));
    try {
      if (attempt(kind.name(), slot, place.context().getBundle().getBundleId())) {
        wrongs.add("a bad successor (" + kind + ") took over " + slot);
      }
    } finally {
      trouble.release();
      unregister(registration);
    }
  }

  private ServiceRegistration<?> register(Target target, Trouble trouble) {
    return switch (target) {
      case PCI -> register(VfioBusDriver.class, new BadDriver(trouble));
      case TYPE1 -> register(VfioIommuDriverOps.class, new BadBackend(trouble));
      case MTTY -> register(MdevParent.class, new BadParent(trouble));
      case EDU -> register(DeviceModelFactory.class, new BadModels(trouble));
    };
  }

  private <T> ServiceRegistration<?> register(Class<T> type, T service) {
    return place.context().registerService(type, service, null);
  }

  private static void unregister(ServiceRegistration<?> registration) {
    try {
      registration.unregister();
    } catch (IllegalStateException e) {
      // it had disappeared already
    }
  }

  /** A newer version comes, and the policy takes it. */
  private void byPolicy(Target target) throws BundleException, InterruptedException {
    SwapPolicy policy = random.nextBoolean() ? SwapPolicy.ALWAYS : SwapPolicy.ON_IDLE;
    place.swaps().settings(SETTINGS.withPolicy(policy));
    try {
      Bundle second = second(target);
      loaders.replacing(second);
      second.update(Jar.stream(newer(target)));
      Thread.sleep(POLICY_MILLIS);
      count("policy " + policy);
    } finally {
      place.swaps().settings(SETTINGS);
    }
  }

  /** Stopped, and started again in time. */
  private void restart(Target target) throws BundleException, InterruptedException {
    Bundle bundle = firsts.get(target);
    bundle.stop();
    Thread.sleep(random.nextLong(20));
    bundle.start();
    count("restarted");
  }

  /** Stopped for longer than clients wait. */
  private void lose(Target target) throws BundleException, InterruptedException {
    losses.begin();
    place.swaps().settings(SHORT_GRACE);
    try {
      Bundle second = seconds.remove(target);
      if (second != null) {
        loaders.replacing(second);
        second.uninstall();
      }
      firsts.get(target).stop();
      Thread.sleep(LOSS_MILLIS);
      firsts.get(target).start();
      Thread.sleep(LOSS_MILLIS);
      count("lost");
    } finally {
      place.swaps().settings(SETTINGS);
      losses.end();
    }
  }

  /** What was installed goes, after the last client. */
  void end() throws BundleException {
    for (Target target : Target.values()) {
      Bundle second = seconds.remove(target);
      if (second != null) {
        loaders.replacing(second);
        second.uninstall();
      }
    }
  }

  List<String> wrongs() {
    return wrongs;
  }

  String summary() {
    Map<Result, Integer> results = new EnumMap<>(Result.class);
    for (SwapRecord record : place.swaps().history()) {
      results.merge(record.result(), 1, Integer::sum);
    }
    return counts + ", the last records: " + results;
  }

  /** Places whose driver is gone and awaited. */
  List<String> held() {
    return place.swaps().slots().stream()
        .filter(slot -> slot.current() == null && slot.inUse())
        .map(slot -> slot.kind() + " of " + slot.target())
        .toList();
  }
}
