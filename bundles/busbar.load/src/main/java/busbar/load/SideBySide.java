package busbar.load;

import busbar.api.swap.Candidate;
import busbar.api.swap.Slot;
import busbar.api.swap.SwapRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/**
 * Two versions of the bundle are installed, and one after the other is told to take over. The one
 * that nobody needs is replaced by a newer version from time to time.
 */
final class SideBySide implements Way {
  private static final String WHO = "bench";

  /** So often at the most: each new version begins with cold code, as every first swap does. */
  private static final int RENEWALS = 5;

  private static final int SWAPS_PER_VERSION = 100;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Place place;
  private final Set<String> used;
  private final Loaders loaders;
  private final Jar jar;
  private final Bundle first;
  private final Bundle second;
  private int version = 1;
  private int swaps;
  private int swapsOfVersion;
  private int renewals;
  private long tookNanos;

  SideBySide(Place place, Bundle bundle, Set<String> used, Loaders loaders) throws BundleException {
    this.place = place;
    this.used = used;
    this.loaders = loaders;
    first = bundle;
    jar = Jar.of(bundle);
    second =
        place
            .context()
            .installBundle("busbar-load:" + bundle.getSymbolicName(), Jar.stream(nextVersion()));
    second.start();
  }

  private byte[] nextVersion() {
    return jar.withVersion("1.0." + version++);
  }

  @Override
  public List<SwapRecord> swap() throws BundleException {
    List<Slot> slots = slots();
    Slot slot = slots.get(swaps % slots.size());
    if (renewals < RENEWALS && swapsOfVersion >= SWAPS_PER_VERSION && renewIdle(slots)) {
      swapsOfVersion = 0;
      renewals++;
    }
    long to = slot.current().bundleId() == first.getBundleId() ? id(second) : id(first);
    await(slot, to);
    long begun = System.nanoTime();
    List<SwapRecord> records = place.swaps().swap(slot.target(), "#" + to, WHO);
    tookNanos = System.nanoTime() - begun;
    swaps++;
    swapsOfVersion++;
    return records;
  }

  private static long id(Bundle bundle) {
    return bundle.getBundleId();
  }

  /** The places that the load uses and one of the two bundles is in. */
  private List<Slot> slots() {
    List<Slot> slots = new ArrayList<>();
    for (Slot slot : place.swaps().slots()) {
      if (used.contains(slot.target()) && slot.current() != null && isOurs(slot.current())) {
        slots.add(slot);
      }
    }
    if (slots.isEmpty()) {
      throw new IllegalStateException(
          "no place that the load uses is filled by " + first.getSymbolicName());
    }
    return slots;
  }

  private boolean isOurs(Candidate candidate) {
    return candidate.bundleId() == id(first) || candidate.bundleId() == id(second);
  }

  /** Whether nobody was in need of one of the bundles: a newer version is there now. */
  private boolean renewIdle(List<Slot> slots) throws BundleException {
    for (Bundle bundle : List.of(first, second)) {
      if (slots.stream().noneMatch(slot -> slot.current().bundleId() == id(bundle))) {
        loaders.replacing(bundle);
        bundle.update(Jar.stream(nextVersion()));
        return true;
      }
    }
    return false;
  }

  /** Components may start on threads of their own. */
  private void await(Slot slot, long to) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (place.swaps().slots().stream()
        .filter(now -> now.target().equals(slot.target()) && now.kind().equals(slot.kind()))
        .noneMatch(now -> now.others().stream().anyMatch(other -> other.bundleId() == to))) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "bundle " + to + " does not offer itself for " + slot.target());
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public long tookNanos() {
    return tookNanos;
  }

  @Override
  public void close() throws BundleException {
    for (Slot slot : slots()) {
      if (slot.current().bundleId() == id(second)) {
        place.swaps().swap(slot.target(), "#" + id(first), WHO);
      }
    }
    loaders.replacing(second);
    second.uninstall();
  }
}
