package busbar.registry;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Who has paused the gate is alone, and what an operation wrote before is visible. */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "paused before the operation")
@Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "paused after it")
@Outcome(expect = Expect.FORBIDDEN, desc = "not paused, or with the operation inside")
@State
public class GateAloneInPause {
  private final Gate gate = new Gate();
  private int steps;

  /** An operation, in the middle of which {@code steps} is 1. */
  @Actor
  public void operation() {
    int at = gate.enter();
    steps = 1;
    Thread.onSpinWait();
    steps = 2;
    gate.exit(at);
  }

  /** A swap. */
  @Actor
  public void swap(II_Result r) {
    if (gate.pause(GateTimes.PATIENCE_NANOS)) {
      r.r1 = 1;
      r.r2 = steps;
      gate.resume();
    }
  }
}
