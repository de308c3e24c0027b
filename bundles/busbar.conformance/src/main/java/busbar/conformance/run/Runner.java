package busbar.conformance.run;

import busbar.conformance.play.Bench;
import busbar.conformance.play.BenchFactory;
import busbar.conformance.play.Player;
import busbar.conformance.report.Exceptions;
import busbar.conformance.report.ScenarioResult;
import busbar.conformance.report.ScenarioResult.Difference;
import busbar.conformance.report.Theme;
import busbar.conformance.scenario.MachineFacts;
import busbar.conformance.scenario.Scenario;
import busbar.conformance.scenario.Step;
import busbar.conformance.scenario.Trace;
import busbar.conformance.sysfs.SysfsView;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Plays cases, each on a machine of its own, and compares the results with the traces. */
public final class Runner {
  private static final System.Logger LOG = System.getLogger(Runner.class.getName());

  /** A step that is still not back when this is over, and its own waits, is given up. */
  private static final long STUCK_MILLIS = 30_000;

  private static final Pattern OWN_WAIT = Pattern.compile("(?:timeout=|^sleep\\s+)([0-9]{1,6})");
  private static final String STUCK = "!! STUCK";

  private final BenchFactory benches;
  private final Exceptions exceptions;
  private final long stuckMillis;

  public Runner(BenchFactory benches, Exceptions exceptions) {
    this(benches, exceptions, STUCK_MILLIS);
  }

  Runner(BenchFactory benches, Exceptions exceptions, long stuckMillis) {
    this.benches = benches;
    this.exceptions = exceptions;
    this.stuckMillis = stuckMillis;
  }

  /** Plays a case. Whatever goes wrong, there is a result. */
  public ScenarioResult play(Case c) {
    long start = System.nanoTime();
    List<String> results = new ArrayList<>();
    String notPlayed;
    try {
      notPlayed = play(c, results);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      notPlayed = "interrupted";
    } catch (Exception e) {
      LOG.log(Level.DEBUG, "machine " + c.machine() + " for " + c.scenario().name(), e);
      notPlayed = "not played: " + e;
    }
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    return compare(c, results, notPlayed, millis);
  }

  /** Gives the reason why the steps after those in {@code results} were not played. */
  private String play(Case c, List<String> results) throws Exception {
    MachineFacts facts = MachineFacts.read(c.description());
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("scenario-" + c.scenario().name()).factory());
    Bench bench = benches.boot(c.description());
    try {
      String missing = missing(c.scenario(), facts, bench);
      if (missing != null) {
        return "not played: the machine has no " + missing;
      }
      Player player = new Player(c.scenario(), facts, bench);
      try {
        return play(c, player, thread, results);
      } finally {
        // a step that never came back may hold what closing needs
        closeInTime(player, thread);
      }
    } finally {
      closeInTime(bench, thread);
      thread.shutdownNow();
    }
  }

  private String play(Case c, Player player, ExecutorService thread, List<String> results)
      throws InterruptedException {
    int last = c.trace().lines().stream().mapToInt(Trace.Line::step).max().orElse(0);
    for (Step step : c.scenario().steps()) {
      if (step.number() > last) {
        break;
      }
      String result = await(thread.submit(() -> player.play(step)), step);
      results.add(result);
      if (result.equals(STUCK)) {
        return "not played: step " + step.number() + " did not come back";
      }
    }
    return "the scenario has no such step";
  }

  private void closeInTime(AutoCloseable closeable, ExecutorService thread)
      throws InterruptedException {
    Future<?> closing =
        thread.submit(
            () -> {
              closeable.close();
              return null;
            });
    try {
      closing.get(stuckMillis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.log(Level.ERROR, closeable + " did not close");
    } catch (ExecutionException e) {
      LOG.log(Level.ERROR, closeable + " did not close", e.getCause());
    }
  }

  private String await(Future<String> playing, Step step) throws InterruptedException {
    Matcher wait = OWN_WAIT.matcher(step.text());
    long own = wait.find() ? Long.parseLong(wait.group(1)) : 0;
    try {
      return playing.get(stuckMillis + own, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      playing.cancel(true);
      return STUCK;
    } catch (ExecutionException e) {
      LOG.log(Level.ERROR, step.text() + " broke the player", e.getCause());
      return "BROKEN " + e.getCause();
    }
  }

  /** The first word of {@code requires:} that does not hold, or {@code null}. */
  private static String missing(Scenario scenario, MachineFacts facts, Bench bench) {
    SysfsView sysfs = new SysfsView(bench.admin(), bench.mdev());
    for (String word : scenario.requires()) {
      boolean holds;
      if (word.startsWith("@")) {
        holds = facts.devices().containsKey(word.substring(1));
      } else if (word.startsWith("/")) {
        holds = sysfs.exists(word);
      } else if (word.equals("cdev")) {
        holds = sysfs.exists("/dev/iommu") && sysfs.exists("/dev/vfio/devices");
      } else {
        holds = word.equals(facts.arch());
      }
      if (!holds) {
        return word;
      }
    }
    return null;
  }

  private ScenarioResult compare(Case c, List<String> results, String notPlayed, long millis) {
    int equal = 0;
    int excepted = 0;
    int total = 0;
    Optional<Difference> first = Optional.empty();
    for (Trace.Line line : c.trace().lines()) {
      if (line.step() == 0) {
        continue;
      }
      total++;
      boolean played = line.step() <= results.size();
      String actual = played ? results.get(line.step() - 1) : notPlayed;
      Step step =
          line.step() <= c.scenario().steps().size()
              ? c.scenario().steps().get(line.step() - 1)
              : Step.of(line.step(), 0, "(none)");
      if (played && Trace.line(step, actual).equals(line.text())) {
        equal++;
      } else if (exceptions.reason(c.machine(), c.scenario().name(), line.step()).isPresent()) {
        excepted++;
        total--;
      } else if (first.isEmpty()) {
        first = Optional.of(new Difference(line.step(), step.text(), line.result(), actual));
      }
    }
    Theme theme = Theme.of(c.scenario().number());
    return new ScenarioResult(
        c.machine(), c.scenario().name(), theme, equal, excepted, total, first, millis);
  }
}
