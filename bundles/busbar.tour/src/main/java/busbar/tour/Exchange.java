package busbar.tour;

import busbar.api.swap.Slot;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/**
 * Updates the bundles under a device in use, as any OSGi agent does it: the driver's, the backend's
 * and the model's, by themselves. The new one is a new one also if its jar is the same.
 */
final class Exchange {
  private static final long PATIENCE_SECONDS = 15;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);

  private Exchange() {}

  /** A piece of the device's job, done again and again; throws if something is not as it was. */
  interface Job {
    void round() throws Exception;
  }

  /** One step for each bundle. */
  static void show(Place place, String device, Log log, Job job) {
    for (Slot slot : slots(place, device)) {
      log.step("swap " + slot.kind(), () -> update(place, slot, job));
    }
  }

  private static List<Slot> slots(Place place, String device) {
    List<String> containers =
        place.admin().containers().stream()
            .filter(container -> container.client().startsWith("tour"))
            .map(container -> container.name())
            .toList();
    return place.swaps().slots().stream()
        .filter(slot -> slot.target().equals(device) || containers.contains(slot.target()))
        .filter(slot -> slot.current() != null && slot.current().bundleId() > 0)
        .toList();
  }

  private static String update(Place place, Slot slot, Job job) throws Exception {
    Bundle bundle = place.context().getBundle(slot.current().bundleId());
    job.round();
    long last = place.swaps().history().stream().mapToLong(SwapRecord::number).max().orElse(0);
    long begun = System.nanoTime();
    CompletableFuture<Long> updated =
        CompletableFuture.supplyAsync(() -> nanosOfUpdate(bundle), Exchange::start);
    int rounds = 0;
    while (!updated.isDone()) {
      job.round();
      rounds++;
      Check.that(
          System.nanoTime() - begun < 2 * PATIENCE_NANOS,
          "the update of %s does not end",
          bundle.getSymbolicName());
    }
    long nanos = end(updated);
    SwapRecord record = record(place, slot, last);
    job.round();
    return String.format(
        Locale.ROOT,
        "%s updated in %.1f ms, a pause of %.1f ms, %d times all of it meanwhile",
        bundle.getSymbolicName(),
        nanos / 1e6,
        record.pauseNanos() / 1e6,
        rounds);
  }

  private static void start(Runnable update) {
    Thread.ofPlatform().daemon().name("tour-update").start(update);
  }

  private static long nanosOfUpdate(Bundle bundle) {
    long begun = System.nanoTime();
    try {
      bundle.update();
    } catch (BundleException e) {
      throw new CompletionException(e);
    }
    return System.nanoTime() - begun;
  }

  private static long end(CompletableFuture<Long> updated)
      throws InterruptedException, TimeoutException, BundleException {
    try {
      return updated.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BundleException reason) {
        throw reason;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private static SwapRecord record(Place place, Slot slot, long last) {
    SwapRecord[] found = new SwapRecord[1];
    Check.soon(
        () ->
            place.swaps().history().stream()
                .filter(each -> each.number() > last)
                .filter(each -> each.kind().equals(slot.kind()))
                .filter(each -> each.target().equals(slot.target()))
                .peek(each -> found[0] = each)
                .anyMatch(each -> each.result() == Result.DONE),
        "the update of %s exchanged nothing under %s",
        slot.current(),
        slot.target());
    return found[0];
  }
}
