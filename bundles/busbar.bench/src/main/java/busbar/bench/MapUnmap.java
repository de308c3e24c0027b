package busbar.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** {@code MAP_DMA} and {@code UNMAP_DMA} of one page through the container's file. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class MapUnmap {
  /** Coprime with both numbers of mappings: every place comes, and none after its neighbour. */
  private static final int STEP = 7919;

  @Param({"100", "65000"})
  public int live;

  private Mappings mappings;
  private int place;

  @Setup(Level.Trial)
  public void mapAll() {
    mappings = new Mappings();
    for (int i = 0; i < live; i++) {
      mappings.mapStaying(i);
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    mappings.close();
  }

  /** One pair, somewhere among the mappings that stay. */
  @Benchmark
  @Measures("a page mapped and unmapped through the container's file, among mappings that stay")
  public void pair() {
    place = (place + STEP) % live;
    mappings.mapAndUnmapAfter(place);
  }
}
