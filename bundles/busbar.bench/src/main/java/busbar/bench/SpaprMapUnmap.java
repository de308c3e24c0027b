package busbar.bench;

import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_WRITE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_REGISTER_MEMORY;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_TCE_CREATE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_UNMAP_DMA;

import busbar.api.client.ClientPolicy;
import busbar.api.client.VfioFile;
import busbar.api.memory.AddressSpace.Kind;
import busbar.api.memory.Protection;
import busbar.client.DeviceSession;
import busbar.client.IommuType;
import busbar.uapi.VfioIommuSpaprRegisterMemory;
import busbar.uapi.VfioIommuSpaprTceCreate;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

/** {@code MAP_DMA} and {@code UNMAP_DMA} of one page of a DMA window, in registered memory. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class SpaprMapUnmap {
  private static final long HOST_PAGE = 16L << 20;
  private static final long WINDOW_BYTES = 1L << 30;
  private static final int PAGES = 64;

  /** 4 KiB and 64 KiB. */
  @Param({"12", "16"})
  public int pageShift;

  private BenchMachine machine;
  private DeviceSession session;
  private VfioFile container;
  private long vaddr;
  private long start;
  private int place;
  private final MemorySegment map = Arena.ofAuto().allocate(VfioIommuType1DmaMap.SIZE);
  private final MemorySegment unmap = Arena.ofAuto().allocate(VfioIommuType1DmaUnmap.SIZE);

  @Setup(Level.Trial)
  public void open() {
    machine = BenchMachine.withDmaWindows(new PlainDriver());
    session =
        DeviceSession.open(
            machine.registry.vfio(),
            ClientPolicy.privileged("bench"),
            "0",
            machine.device().name(),
            IommuType.SPAPR_TCE_V2);
    container = session.client().file(session.container().fd());
    vaddr =
        session
            .client()
            .memory()
            .allocateHuge(HOST_PAGE, HOST_PAGE, Protection.READ_WRITE, Kind.PRIVATE);
    MemorySegment memory = Arena.ofAuto().allocate(VfioIommuSpaprRegisterMemory.SIZE);
    new VfioIommuSpaprRegisterMemory((int) memory.byteSize(), 0, vaddr, HOST_PAGE).encode(memory);
    container.ioctl(VFIO_IOMMU_SPAPR_REGISTER_MEMORY, memory);
    MemorySegment window = Arena.ofAuto().allocate(VfioIommuSpaprTceCreate.SIZE);
    new VfioIommuSpaprTceCreate((int) window.byteSize(), 0, pageShift, 0, WINDOW_BYTES, 1, 0, 0)
        .encode(window);
    container.ioctl(VFIO_IOMMU_SPAPR_TCE_CREATE, window);
    start = VfioIommuSpaprTceCreate.decode(window).startAddr();
  }

  @TearDown(Level.Trial)
  public void close() {
    session.close();
    machine.close();
  }

  /** One pair. */
  @Benchmark
  @Measures("a page of an sPAPR window mapped and unmapped through the container's file")
  public void pair() {
    long size = 1L << pageShift;
    place = (place + 1) % PAGES;
    long iova = start + place * size;
    new VfioIommuType1DmaMap(
            (int) VfioIommuType1DmaMap.SIZE,
            VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
            vaddr + place * size,
            iova,
            size)
        .encode(map);
    container.ioctl(VFIO_IOMMU_MAP_DMA, map);
    new VfioIommuType1DmaUnmap((int) VfioIommuType1DmaUnmap.SIZE, 0, iova, size).encode(unmap);
    container.ioctl(VFIO_IOMMU_UNMAP_DMA, unmap);
  }
}
