package busbar.load;

import busbar.api.admin.DeviceView;
import busbar.api.time.SystemTiming;
import busbar.api.time.Timing;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.osgi.framework.BundleException;

/** Random clients, random swaps and random failures for a while; then nothing may be left. */
final class Soak {
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final long LOOK_MILLIS = 50;
  private static final String THREADS = "busbar-";

  private final Place place;
  private final Timing timing;
  private final PrintStream out;

  Soak(Place place, Timing timing, PrintStream out) {
    this.place = place;
    this.timing = timing;
    this.out = out;
  }

  /** Returns whether all was as it must be. */
  boolean run(long seconds, long seed) throws BundleException, InterruptedException {
    out.printf("A soak of %d s, --seed %d%n", seconds, seed);
    SplittableRandom random = new SplittableRandom(seed);
    Losses losses = new Losses();
    Loaders loaders = new Loaders();
    Left before = left();
    Visitors visitors = new Visitors(place, losses, random.split());
    Disturbance disturbance = new Disturbance(place, losses, loaders, random.split());
    List<String> wrongs = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    visitors.start();
    try {
      while (System.nanoTime() < end) {
        disturbance.next();
        Thread.sleep(random.nextLong(30));
      }
    } finally {
      visitors.end();
      disturbance.end();
    }
    wrongs.addAll(visitors.wrongs());
    wrongs.addAll(disturbance.wrongs());
    wrongs.addAll(settled(before, disturbance));
    List<String> leaked = loaders.leaked();
    if (!leaked.isEmpty()) {
      wrongs.add("class loaders are left: " + leaked);
    }
    out.println("  " + visitors.summary());
    out.println("  " + disturbance.summary());
    out.println("  " + loaders.replaced() + " class loaders replaced");
    wrongs.forEach(wrong -> out.println("  WRONG: " + wrong));
    out.println(wrongs.isEmpty() ? "Nothing is left." : "It is not as it must be.");
    return wrongs.isEmpty();
  }

  /** What can be counted and must be as it was. */
  private record Left(
      int clients, int containers, long open, long pinnedBytes, int blocks, int timers) {}

  private Left left() {
    return new Left(
        place.admin().clients().size(),
        place.admin().containers().size(),
        place.admin().devices().stream().filter(device -> device.openCount() > 0).count(),
        place.memory().pinnedBytes(),
        place.memory().blockCount(),
        timing instanceof SystemTiming system ? system.pending() : 0);
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith(THREADS))
        // one keeps the timers of all, one stops the process when it is told to
        .filter(name -> !name.equals("busbar-timing") && !name.equals("busbar-stop"))
        .collect(Collectors.toSet());
  }

  private List<String> settled(Left before, Disturbance disturbance) throws InterruptedException {
    long end = System.nanoTime() + SETTLE_NANOS;
    List<String> wrongs;
    do {
      Thread.sleep(LOOK_MILLIS);
      wrongs = new ArrayList<>();
      Left now = left();
      if (!now.equals(before)) {
        wrongs.add("left is " + now + ", before it was " + before);
      }
      if (!threads().isEmpty()) {
        wrongs.add("threads are left: " + threads());
      }
      if (!disturbance.held().isEmpty()) {
        wrongs.add("held is the " + disturbance.held());
      }
      List<DeviceView> broken =
          place.admin().devices().stream()
              .filter(device -> device.state() == DeviceView.State.BROKEN)
              .toList();
      if (!broken.isEmpty()) {
        wrongs.add("broken: " + broken);
      }
    } while (!wrongs.isEmpty() && System.nanoTime() < end);
    return wrongs;
  }
}
