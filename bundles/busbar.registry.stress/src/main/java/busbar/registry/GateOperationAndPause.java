package busbar.registry;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** An operation sees all of what is done in a pause, or nothing of it, in plain fields. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "before the pause")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "after it")
@Outcome(expect = Expect.FORBIDDEN, desc = "in the middle of it")
@State
public class GateOperationAndPause {
  private final Gate gate = new Gate();
  private int driver;
  private int data;

  /** An operation. */
  @Actor
  public void operation(II_Result r) {
    int at = gate.enter();
    r.r1 = driver;
    r.r2 = data;
    gate.exit(at);
  }

  /** A swap. */
  @Actor
  public void swap() {
    if (gate.pause(GateTimes.PATIENCE_NANOS)) {
      data = 1;
      driver = 1;
      gate.resume();
    }
  }
}
