package busbar.bench;

import busbar.api.client.ClientPolicy;
import busbar.client.DeviceSession;
import busbar.client.DmaBuffer;
import busbar.client.IommuType;
import busbar.machine.model.DmaPort;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A device's DMA through the IOMMU beside a plain copy of the same bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class Dma {
  @Param({"4096", "1048576"})
  public int bytes;

  private BenchMachine machine;
  private DeviceSession session;
  private DmaBuffer buffer;
  private DmaPort port;
  private final MemorySegment inDevice = Arena.ofAuto().allocate(1 << 20, 4096);

  /** Opens a device and maps 1 MiB for it, one 4 KiB page beside the other. */
  @Setup
  public void open() {
    machine = new BenchMachine(1, new PlainDriver());
    session =
        DeviceSession.open(
            machine.registry.vfio(),
            ClientPolicy.privileged("bench"),
            "0",
            machine.device().name(),
            IommuType.TYPE1_V2);
    buffer = session.container().allocate(1 << 20);
    port = machine.model.context.dma();
    if (!port.read(buffer.iova(), inDevice, 0, bytes)) {
      throw new IllegalStateException("the device does not reach its buffer");
    }
  }

  @TearDown
  public void close() {
    session.close();
    machine.close();
  }

  @Benchmark
  @Measures("a device reads client memory through the IOMMU")
  public boolean throughIommu() {
    return port.read(buffer.iova(), inDevice, 0, bytes);
  }

  @Benchmark
  @Measures("the same bytes copied from segment to segment")
  public void plainCopy() {
    MemorySegment.copy(buffer.memory(), 0, inDevice, 0, bytes);
  }
}
