package busbar.registry;

import busbar.api.VfioException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** What follows the end runs once, and no operation is inside then. */
@JCStressTest
@Outcome(id = "0, 1, 1", expect = Expect.ACCEPTABLE, desc = "the operation came before the end")
@Outcome(id = "2, 1, 0", expect = Expect.ACCEPTABLE, desc = "it was refused")
@Outcome(expect = Expect.FORBIDDEN, desc = "it met what follows the end, or that did not run once")
@State
public class GateOperationAndEnd {
  private final Gate gate = new Gate();
  private int removed;
  private int written;
  private int found;

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
    r.r1 = removed;
    written = 1;
    gate.exit(at);
  }

  /** A removal. */
  @Actor
  public void removal() {
    gate.end(
        GateTimes::refusal,
        () -> {
          removed++;
          found = written;
        });
  }

  /** Afterwards. */
  @Arbiter
  public void afterwards(III_Result r) {
    r.r2 = removed;
    r.r3 = found;
  }
}
