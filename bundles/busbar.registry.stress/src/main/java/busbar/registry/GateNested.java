package busbar.registry;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A callback of an operation comes in again, though somebody waits for the operation to end. */
@JCStressTest
@Outcome(
    id = {"0, 1", "1, 1"},
    expect = Expect.ACCEPTABLE,
    desc = "both went through")
@Outcome(expect = Expect.FORBIDDEN, desc = "one waited for the other, or saw it")
@State
public class GateNested {
  private final Gate gate = new Gate();
  private int swapped;

  /** An operation that calls back. */
  @Actor
  public void operation(II_Result r) {
    int at = gate.enter();
    int before = swapped;
    gate.nested(
        () -> {
          int inner = gate.enter();
          r.r1 = swapped == before ? before : 9;
          gate.exit(inner);
        });
    gate.exit(at);
  }

  /** A swap. */
  @Actor
  public void swap(II_Result r) {
    if (gate.pause(GateTimes.PATIENCE_NANOS)) {
      swapped = 1;
      r.r2 = 1;
      gate.resume();
    }
  }
}
