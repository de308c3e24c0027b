package busbar.bench;

import busbar.client.DeviceSession;
import busbar.client.Region;
import busbar.model.mtty.MttyParent;
import java.util.concurrent.TimeUnit;
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

/** Bytes through a mediated serial port, by reads and writes of its device file. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class Serial {
  private static final String UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
  private static final int DATA = 0;
  private static final int BYTE = 0x41;

  private MediatedMachine machine;
  private DeviceSession session;
  private Region port;

  @Setup
  public void open() {
    machine = new MediatedMachine(new MttyParent(Defaults.of(MttyParent.Config.class)));
    machine.bus.create("mtty", "mtty-1", UUID);
    session = machine.open(UUID);
    port = session.device().region(0);
    if (sentAndReceived() != BYTE) {
      throw new IllegalStateException("the port does not send to itself");
    }
  }

  @TearDown
  public void close() {
    session.close();
    machine.close();
  }

  @Benchmark
  @Measures("bytes sent through mtty and received: one write and one read for each")
  public int sentAndReceived() {
    port.write8(DATA, BYTE);
    return port.read8(DATA);
  }
}
