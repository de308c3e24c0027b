package busbar.load;

import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Phase;
import busbar.api.swap.SwapRecord.Result;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/** One target, exchanged one way, many times, under the load. */
final class SwapBench {
  private static final long WARM_UP_MILLIS = 500;
  private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** The fewest swaps that do not count; more of them until what they run is compiled. */
  private static final int WARM_UPS_SIDE_BY_SIDE = 1_500;

  private static final int WARM_UPS_UPDATE = 20;

  private final Place place;
  private final PrintStream out;
  private final long paceMicros;

  SwapBench(Place place, PrintStream out, long paceMicros) {
    this.place = place;
    this.out = out;
    this.paceMicros = paceMicros;
  }

  Row run(Target target, String way, int swaps) throws BundleException, InterruptedException {
    Tally tally = new Tally();
    Loaders loaders = new Loaders();
    int warmUps = way.equals(Way.UPDATE) ? WARM_UPS_UPDATE : WARM_UPS_SIDE_BY_SIDE;
    Run run = new Run(tally, new WarmUp(Math.min(warmUps, 2 * swaps)), swaps);
    Load load = new Load(place.vfio(), place.admin(), place.memory(), tally, paceMicros);
    try {
      load.start();
      Thread.sleep(WARM_UP_MILLIS);
      run.go(way(target, way, load, loaders));
    } finally {
      load.close();
    }
    Row row =
        new Row(
            target.word(),
            way,
            run.done,
            tally.failed.sum(),
            tally.lost.sum(),
            tally.doubled.sum(),
            tally.wrongBytes.sum(),
            load.leakedPages(),
            loaders.leaked().size(),
            run.pause,
            run.took);
    tell(row, run, tally, loaders);
    return row;
  }

  private Way way(Target target, String way, Load load, Loaders loaders) throws BundleException {
    Bundle bundle =
        Arrays.stream(place.context().getBundles())
            .filter(each -> target.bundle.equals(each.getSymbolicName()))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(target.bundle + " is not installed"));
    return way.equals(Way.UPDATE)
        ? new Update(place, bundle, load.places(), loaders)
        : new SideBySide(place, bundle, load.places(), loaders);
  }

  /** The swaps of one row. */
  private static final class Run {
    final Times pause = new Times();
    final Times took = new Times();
    final Map<String, Times> phases = new LinkedHashMap<>();
    final Tally tally;
    final WarmUp warmUp;
    final int wanted;
    int done;
    SwapRecord slowest;

    Run(Tally tally, WarmUp warmUp, int wanted) {
      this.tally = tally;
      this.warmUp = warmUp;
      this.wanted = wanted;
    }

    void go(Way way) throws BundleException {
      try (way) {
        for (int counted = 0; counted < wanted; ) {
          boolean counts = warmUp.isOver();
          List<SwapRecord> records = way.swap();
          boolean allDone = true;
          for (SwapRecord record : records) {
            allDone &= count(record, counts);
          }
          if (counts) {
            counted++;
            if (allDone) {
              took.add(way.tookNanos());
              done++;
            }
          }
          long until = System.nanoTime() + REST_NANOS;
          while (System.nanoTime() < until) {
            java.util.concurrent.locks.LockSupport.parkNanos(REST_NANOS);
          }
        }
      } catch (RuntimeException e) {
        tally.failed("swapping", e);
      }
    }

    private boolean count(SwapRecord record, boolean counts) {
      if (record.result() != Result.DONE) {
        tally.failed("swapping", new IllegalStateException(record.toString()));
        return false;
      }
      if (counts) {
        pause.add(record.pauseNanos());
        for (Phase phase : record.phases()) {
          phases.computeIfAbsent(phase.name(), name -> new Times()).add(phase.nanos());
        }
        if (slowest == null || record.pauseNanos() > slowest.pauseNanos()) {
          slowest = record;
        }
      }
      return true;
    }
  }

  private void tell(Row row, Run run, Tally tally, Loaders loaders) {
    out.printf(
        Locale.ROOT,
        "%-5s %-12s %5d swaps, pause %s; %s%n",
        row.target(),
        row.way(),
        row.swaps(),
        row.pause(),
        row.isClean() && row.isInTime() && row.swaps() == run.wanted ? "ok" : "FAIL");
    out.printf(
        "      %d operations, %d failed; %d interrupts, %d lost, %d doubled; %d wrong bytes;"
            + " %d pages leaked; %d of %d class loaders leaked%n",
        tally.operations.sum(),
        row.failedOps(),
        tally.interrupts.sum(),
        row.lostInterrupts(),
        row.doubledInterrupts(),
        row.wrongBytes(),
        row.leakedPages(),
        row.leakedLoaders(),
        loaders.replaced());
    out.printf(
        "      %s took %s%n",
        row.way().equals(Way.UPDATE) ? "the update of the bundle" : "the swap command", row.took());
    run.phases.forEach((name, times) -> out.printf("      %-8s %s%n", name, times));
    if (run.slowest != null) {
      out.printf(
          Locale.ROOT,
          "      the longest pause: %s, %.0f us in %s%n",
          run.slowest.target(),
          run.slowest.pauseNanos() / 1e3,
          run.slowest.phases().stream()
              .sorted(Comparator.comparingLong(Phase::nanos).reversed())
              .map(
                  phase -> String.format(Locale.ROOT, "%s %.0f", phase.name(), phase.nanos() / 1e3))
              .collect(Collectors.joining(", ")));
    }
    tally.sentences().forEach(sentence -> out.println("      " + sentence));
  }
}
