package busbar.tour;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Runs steps one after the other, prints each with its time, and stops at the first that fails. */
final class Log {
  private final PrintStream out;
  private final String device;
  private final List<Step> steps;

  Log(PrintStream out) {
    this(out, "", new ArrayList<>());
  }

  private Log(PrintStream out, String device, List<Step> steps) {
    this.out = out;
    this.device = device;
    this.steps = steps;
  }

  /** The part of the tour that shows one more device: its steps have the device in their names. */
  Log part(String shown) {
    out.println("  " + shown);
    return new Log(out, " " + shown, steps);
  }

  /** What a step does; it returns what it saw and throws if that is not what it should be. */
  interface Action {
    String run() throws Exception;
  }

  /**
   * Runs a step.
   *
   * @throws StepFailedException if it failed; it is recorded already
   */
  void step(String name, Action action) {
    long begun = System.nanoTime();
    try {
      String said = action.run();
      record(new Step(name + device, true, (System.nanoTime() - begun) / 1000, said));
    } catch (Exception e) {
      record(new Step(name + device, false, (System.nanoTime() - begun) / 1000, reason(e)));
      throw new StepFailedException(name, e);
    }
  }

  /** Records a step that was measured elsewhere. */
  void record(Step step) {
    steps.add(step);
    out.printf(
        "  %-4s %-22s %8.3f ms  %s%n",
        step.ok() ? "ok" : "FAIL",
        step.name().substring(0, step.name().length() - device.length()),
        step.micros() / 1000.0,
        step.said());
  }

  private static String reason(Exception e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  boolean isOk() {
    return !steps.isEmpty() && steps.stream().allMatch(Step::ok);
  }

  /** A step failed; the tour ends here. */
  static final class StepFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StepFailedException(String step, Throwable cause) {
      super(step, cause);
    }
  }
}
