package busbar.conformance.play;

import busbar.api.VfioException;
import busbar.api.memory.MemoryFaultException;
import busbar.conformance.scenario.BadStepException;
import busbar.conformance.scenario.MachineFacts;
import busbar.conformance.scenario.Scenario;
import busbar.conformance.scenario.Step;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Plays one scenario on one machine: each step as a client on the public edge, its result as text.
 * Whatever a step does, it ends with a result.
 */
public final class Player implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Player.class.getName());
  private static final long JOIN_TIMEOUT_MILLIS = 10_000;
  private static final Map<String, StepAction> ACTIONS = new HashMap<>();

  static {
    FileSteps.addTo(ACTIONS);
    MemorySteps.addTo(ACTIONS);
    IoctlSteps.addTo(ACTIONS);
    DmaSteps.addTo(ACTIONS);
    HostSteps.addTo(ACTIONS);
  }

  private final String source;
  private final Session session;
  private final Map<String, FutureTask<String>> tasks = new ConcurrentHashMap<>();
  private final List<Thread> threads = new ArrayList<>();

  /** A player with a process of its own on a machine that was switched on for it. */
  public Player(Scenario scenario, MachineFacts facts, Bench bench) {
    this.source = scenario.file().toString();
    this.session = new Session(new Host(facts, bench), scenario.name());
  }

  /** Plays a step; steps are played in the order of the scenario, by one thread. */
  public String play(Step step) {
    return play(session, step);
  }

  private String play(Session in, Step step) {
    try {
      return switch (step.verb()) {
        case "spawn" -> spawn(in, step);
        case "join" -> join(in, Arguments.of(step));
        case "fork" -> fork(in, step);
        default -> act(in, step);
      };
    } catch (VfioException e) {
      LOG.log(Level.DEBUG, () -> place(step) + e.getMessage());
      return FileSteps.failed(e);
    } catch (MemoryFaultException e) {
      LOG.log(Level.DEBUG, () -> place(step) + e.getMessage());
      return MemorySteps.failed(e);
    } catch (BadStepException e) {
      LOG.log(Level.WARNING, () -> place(step) + step.text() + ": " + e.getMessage());
      return e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "ERR EINTR";
    } catch (RuntimeException | StackOverflowError e) {
      LOG.log(Level.ERROR, place(step) + step.text() + " broke", e);
      return "BROKEN " + e;
    }
  }

  private String place(Step step) {
    return source + ":" + step.line() + ": ";
  }

  private static String act(Session in, Step step) throws InterruptedException {
    StepAction action = ACTIONS.get(step.verb());
    if (action == null) {
      throw BadStepException.because("there is no step %s", step.verb());
    }
    return action.play(in, Arguments.of(step));
  }

  private String fork(Session in, Step step) {
    checkWords(step, 2);
    try (Session child = in.fork()) {
      return play(child, step.after(1));
    }
  }

  private String spawn(Session in, Step step) {
    checkWords(step, 3);
    String name = step.words().get(1);
    FutureTask<String> task = new FutureTask<>(() -> play(in, step.after(2)));
    tasks.put(name, task);
    threads.add(Thread.ofPlatform().daemon().name("scenario-" + name).start(task));
    return "OK spawned";
  }

  private static void checkWords(Step step, int least) {
    if (step.words().size() < least) {
      throw BadStepException.because("%s names no step", step.verb());
    }
  }

  private String join(Session in, Arguments a) throws InterruptedException {
    FutureTask<String> task = tasks.get(a.word(0, "thread"));
    if (task == null) {
      throw BadStepException.because("no step was spawned as %s", a.word(0, "thread"));
    }
    long millis = a.option("timeout").map(in::value).orElse(JOIN_TIMEOUT_MILLIS);
    try {
      return "OK finished(" + task.get(Waits.millis(millis), TimeUnit.MILLISECONDS) + ")";
    } catch (TimeoutException e) {
      return "OK still-running";
    } catch (ExecutionException e) {
      return "OK finished(BROKEN " + e.getCause() + ")";
    }
  }

  /** Ends the process and what it spawned: its files are closed, waiting steps are interrupted. */
  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    session.close();
  }
}
