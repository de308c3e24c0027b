package busbar.registry;

import busbar.api.VfioException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A gate that is paused and ended: whoever paused it is alone until the resuming, then it ends. */
@JCStressTest
@Outcome(
    id = {"0, 0, 1", "0, 1, 1"},
    expect = Expect.ACCEPTABLE,
    desc = "the operation passed")
@Outcome(
    id = {"2, 0, 1", "2, 1, 1"},
    expect = Expect.ACCEPTABLE,
    desc = "it was refused")
@Outcome(expect = Expect.FORBIDDEN, desc = "somebody was not alone, or the end was not one")
@State
public class GatePauseAndEnd {
  private static final int BROKEN = 9;

  private final Gate gate = new Gate();
  private int removed;
  private int steps;

  /** An operation. */
  @Actor
  public void operation(III_Result r) {
    int at;
    try {
      at = gate.enter();
    } catch (VfioException e) {
      r.r1 = 2;
      return;
    }
    r.r1 = removed + (steps == 1 ? BROKEN : 0);
    gate.exit(at);
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

  /** A removal. */
  @Actor
  public void removal() {
    gate.end(GateTimes::refusal, () -> removed += steps == 1 ? BROKEN : 1);
  }

  /** Afterwards. */
  @Arbiter
  public void afterwards(III_Result r) {
    r.r3 = removed;
  }
}
