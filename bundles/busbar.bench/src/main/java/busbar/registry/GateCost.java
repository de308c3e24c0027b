package busbar.registry;

import busbar.bench.Measures;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an operation pays for the gate that it passes while nobody swaps: going in and out, all
 * threads through the same gate. In the gate's own package, since nobody else may use one.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class GateCost {
  private final Gate gate = new Gate();

  /** Alone. */
  @Benchmark
  @Threads(1)
  @Measures("through the gate and out again, the only thread")
  public void oneThread() {
    gate.exit(gate.enter());
  }

  /** With a second one at the same gate. */
  @Benchmark
  @Threads(2)
  @Measures("the same with a second thread at the same gate, for each of the two")
  public void twoThreads() {
    gate.exit(gate.enter());
  }
}
