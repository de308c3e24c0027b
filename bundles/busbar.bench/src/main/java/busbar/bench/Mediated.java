package busbar.bench;

import busbar.client.DeviceSession;
import busbar.client.DmaBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What the mediated bus costs: making and removing children, and their way to memory. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@Fork(1)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class Mediated {
  private static final int MANY = 1000;
  private static final int BYTES = 4096;

  private MediatedMachine machine;
  private DeviceSession session;
  private DmaBuffer buffer;
  private MemorySegment inDevice;
  private List<String> names;

  /** Opens one child with a page of memory; the others come and go. */
  @Setup
  public void open() {
    machine = new MediatedMachine(new MediatedMachine.PlainParent());
    names = Stream.generate(() -> UUID.randomUUID().toString()).limit(MANY).toList();
    String first = UUID.randomUUID().toString();
    machine.bus.create("plain", "plain-1", first);
    session = machine.open(first);
    buffer = session.container().allocate(BYTES);
    inDevice = Arena.ofAuto().allocate(BYTES, BYTES);
  }

  @TearDown
  public void close() {
    session.close();
    machine.close();
  }

  @Benchmark
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  @Measures("1,000 mediated devices made and bound, then removed")
  public void createAndRemoveThousand() {
    names.forEach(name -> machine.bus.create("plain", "plain-1", name));
    names.forEach(machine.bus::remove);
  }

  @Benchmark
  @OutputTimeUnit(TimeUnit.NANOSECONDS)
  @Measures("a mediated device reads 4 KiB of client memory through type1 (dma_rw)")
  public int dmaRw() {
    return session.device().file().read(inDevice, buffer.iova());
  }
}
