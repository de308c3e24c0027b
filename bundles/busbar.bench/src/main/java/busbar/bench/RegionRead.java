package busbar.bench;

import static busbar.uapi.VfioHeader.VFIO_PCI_CONFIG_REGION_INDEX;

import busbar.api.client.ClientPolicy;
import busbar.api.client.VfioFile;
import busbar.client.DeviceSession;
import busbar.client.IommuType;
import busbar.pci.VfioPciDriver;
import java.lang.foreign.MemorySegment;
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

/**
 * Four bytes of a BAR, read through the client's file and by a direct call of vfio-pci: the
 * difference is what files, gate and caller cost.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class RegionRead {
  private static final long REGISTER = 0x10;

  private BenchMachine machine;
  private DeviceSession session;
  private VfioFile file;
  private Direct<?> direct;
  private final MemorySegment buffer = MemorySegment.ofArray(new byte[4]);

  /** The real driver with its own data. */
  private record Direct<D>(Watched<D> watched, D data) {
    static <D> Direct<D> of(Watched<D> watched) {
      return new Direct<>(watched, watched.data);
    }

    int read(MemorySegment buffer) {
      return watched.driver.read(data, watched.caller, buffer, REGISTER);
    }
  }

  /** Opens the device and turns its memory on. */
  @Setup
  public void open() {
    Watched<?> watched = new Watched<>(new VfioPciDriver(Defaults.of(VfioPciDriver.Config.class)));
    machine = new BenchMachine(1, watched);
    session =
        DeviceSession.open(
            machine.registry.vfio(),
            ClientPolicy.privileged("bench"),
            "0",
            machine.device().name(),
            IommuType.TYPE1_V2);
    session.device().region(VFIO_PCI_CONFIG_REGION_INDEX).write16(4, 2);
    file = session.device().file();
    direct = Direct.of(watched);
  }

  @TearDown
  public void close() {
    session.close();
    machine.close();
  }

  @Benchmark
  @Measures("a 4-byte register read through the client's file")
  public int throughFile() {
    return file.read(buffer, REGISTER);
  }

  @Benchmark
  @Measures("the same read by a direct call of the driver")
  public int directCall() {
    return direct.read(buffer);
  }
}
