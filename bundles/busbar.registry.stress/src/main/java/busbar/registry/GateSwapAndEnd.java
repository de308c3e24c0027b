package busbar.registry;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A gate that is ended while somebody pauses it, with two threads: whoever paused it is alone until
 * the resuming, and what follows the end runs once.
 */
@JCStressTest
@Outcome(id = "0, 0, 1", expect = Expect.ACCEPTABLE, desc = "ended before the pause")
@Outcome(id = "0, 1, 1", expect = Expect.ACCEPTABLE, desc = "paused, then ended")
@Outcome(expect = Expect.FORBIDDEN, desc = "somebody was not alone, or the end was not one")
@State
public class GateSwapAndEnd {
  private static final int BROKEN = 9;

  private final Gate gate = new Gate();
  private int removed;
  private int steps;

  /** An operation, then a removal. */
  @Actor
  public void operationAndRemoval(III_Result r) {
    int at = gate.enter();
    r.r1 = removed + (steps == 1 ? BROKEN : 0);
    gate.exit(at);
    gate.end(GateTimes::refusal, () -> removed += steps == 1 ? BROKEN : 1);
  }

  /** A swap, in the middle of which {@code steps} is 1. */
  @Actor
  public void swap(III_Result r) {
    if (gate.pause(GateTimes.PATIENCE_NANOS)) {
      steps = 1;
      r.r2 = removed == 0 ? 1 : BROKEN;
      steps = 2;
      gate.resume();
    }
  }

  /** Afterwards. */
  @Arbiter
  public void afterwards(III_Result r) {
    r.r3 = removed;
  }
}
