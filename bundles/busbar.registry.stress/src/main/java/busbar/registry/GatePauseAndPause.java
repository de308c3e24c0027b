package busbar.registry;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Two who pause the same gate take turns. */
@JCStressTest
@Outcome(id = "1, 1, 2", expect = Expect.ACCEPTABLE, desc = "one after the other")
@Outcome(expect = Expect.FORBIDDEN, desc = "both at once, or one in vain")
@State
public class GatePauseAndPause {
  private final Gate gate = new Gate();
  private int swaps;

  /** A swap. */
  @Actor
  public void one(III_Result r) {
    r.r1 = swap();
  }

  /** Another one. */
  @Actor
  public void other(III_Result r) {
    r.r2 = swap();
  }

  private int swap() {
    if (!gate.pause(GateTimes.PATIENCE_NANOS)) {
      return 0;
    }
    swaps++;
    gate.resume();
    return 1;
  }

  /** Afterwards. */
  @Arbiter
  public void afterwards(III_Result r) {
    r.r3 = swaps;
  }
}
