package busbar.load;

import busbar.api.swap.Slot;
import busbar.api.swap.SwapRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/** The bundle is updated, as any OSGi agent does it, by one of two versions in turn. */
final class Update implements Way {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final Place place;
  private final Set<String> used;
  private final Loaders loaders;
  private final Bundle bundle;
  private final List<byte[]> versions;
  private int updates;
  private long tookNanos;

  Update(Place place, Bundle bundle, Set<String> used, Loaders loaders) {
    this.place = place;
    this.used = used;
    this.loaders = loaders;
    this.bundle = bundle;
    Jar jar = Jar.of(bundle);
    versions = List.of(jar.withVersion("1.1.0"), jar.withVersion("1.1.1"));
  }

  @Override
  public List<SwapRecord> swap() throws BundleException {
    Set<String> expected =
        place.swaps().slots().stream()
            .filter(slot -> used.contains(slot.target()))
            .filter(slot -> slot.current() != null)
            .filter(slot -> slot.current().bundleId() == bundle.getBundleId())
            .map(Slot::target)
            .collect(Collectors.toSet());
    if (expected.isEmpty()) {
      throw new IllegalStateException(
          "no place that the load uses is filled by " + bundle.getSymbolicName());
    }
    List<SwapRecord> before = place.swaps().history();
    long last = before.isEmpty() ? 0 : before.getLast().number();
    loaders.replacing(bundle);
    long begun = System.nanoTime();
    bundle.update(Jar.stream(versions.get(updates++ & 1)));
    tookNanos = System.nanoTime() - begun;
    return await(expected, last, begun + PATIENCE_NANOS);
  }

  private List<SwapRecord> await(Set<String> expected, long last, long end) {
    while (true) {
      List<SwapRecord> came = new ArrayList<>(place.swaps().history());
      came.removeIf(record -> record.number() <= last || !expected.contains(record.target()));
      if (came.stream().map(SwapRecord::target).collect(Collectors.toSet()).equals(expected)) {
        return came;
      }
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "after the update of "
                + bundle.getSymbolicName()
                + " only these have a record of a swap: "
                + came
                + ", not all of "
                + expected);
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public long tookNanos() {
    return tookNanos;
  }

  @Override
  public void close() {}
}
