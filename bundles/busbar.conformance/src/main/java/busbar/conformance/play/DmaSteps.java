package busbar.conformance.play;

import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_READ;
import static busbar.uapi.VfioHeader.VFIO_DMA_MAP_FLAG_WRITE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_UNMAP_DMA;

import busbar.api.VfioException;
import busbar.conformance.scenario.BadStepException;
import busbar.uapi.VfioIommuType1DmaMap;
import busbar.uapi.VfioIommuType1DmaUnmap;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Steps that do many calls: DMA by the edu device, and loops of MAP_DMA and UNMAP_DMA. */
final class DmaSteps {
  private static final long EDU_SOURCE = 0x80;
  private static final long EDU_TARGET = 0x88;
  private static final long EDU_COUNT = 0x90;
  private static final long EDU_COMMAND = 0x98;
  private static final long EDU_BUFFER = 0x40000;
  private static final int EDU_RUN = 1;
  private static final int EDU_FROM_DEVICE = 2;
  private static final int EDU_INTERRUPT = 4;
  private static final long EDU_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final long MOST = 10_000_000;
  private static final long PAGE = 4096;

  private DmaSteps() {}

  static void addTo(Map<String, StepAction> actions) {
    actions.put("edu-dma", DmaSteps::eduDma);
    actions.put("map-many", DmaSteps::mapMany);
    actions.put("unmap-many", DmaSteps::unmapMany);
  }

  private static String eduDma(Session s, Arguments a) throws InterruptedException {
    boolean toDevice =
        switch (a.word(1, "direction")) {
          case "to-dev" -> true;
          case "from-dev" -> false;
          default -> throw BadStepException.because("DMA goes to-dev or from-dev");
        };
    Edu edu = new Edu(s, s.fd(a.word(0, "handle")), flag(s, a, "be"));
    long iova = s.value(a.required("iova"));
    long buffer = EDU_BUFFER + a.option("off").map(s::value).orElse(0L);
    edu.set(EDU_SOURCE, toDevice ? iova : buffer);
    edu.set(EDU_TARGET, toDevice ? buffer : iova);
    edu.set(EDU_COUNT, s.value(a.required("len")));
    edu.set(
        EDU_COMMAND,
        EDU_RUN | (toDevice ? 0 : EDU_FROM_DEVICE) | (flag(s, a, "irq") ? EDU_INTERRUPT : 0));
    long deadline = System.nanoTime() + EDU_TIMEOUT_NANOS;
    while ((edu.get(EDU_COMMAND) & EDU_RUN) != 0) {
      if (System.nanoTime() - deadline > 0) {
        return "ERR ETIMEDOUT";
      }
      Thread.sleep(1);
    }
    return "OK";
  }

  private static boolean flag(Session s, Arguments a, String name) {
    return a.option(name).map(s::value).orElse(0L) != 0;
  }

  /**
   * The registers of the device: 32-bit accesses, with bytes swapped where the device is
   * big-endian.
   */
  private record Edu(Session s, int fd, boolean bigEndian) {
    void set(long register, long value) {
      byte[] bytes = Bytes.little(order((int) value), Integer.BYTES);
      s.client().pwrite(fd, Bytes.segment(bytes), register);
    }

    int get(long register) {
      MemorySegment buffer = Bytes.segment(Integer.BYTES);
      s.client().pread(fd, buffer, register);
      return order((int) Bytes.little(Bytes.array(buffer), Integer.BYTES));
    }

    private int order(int value) {
      return bigEndian ? Integer.reverseBytes(value) : value;
    }
  }

  /** The numbers of a loop. */
  private record Loop(int fd, long iova, long count, long size, long stride, int flags) {
    static Loop of(Session s, Arguments a, int flags) {
      long size = a.option("size").map(s::value).orElse(PAGE);
      long count = s.value(a.required("count"));
      if (count < 0 || count > MOST) {
        throw BadStepException.because("%d rounds are more than a step can have", count);
      }
      return new Loop(
          s.fd(a.word(0, "handle")),
          s.value(a.required("iova")),
          count,
          size,
          a.option("stride").map(s::value).orElse(size),
          a.option("flags").map(text -> (int) s.value(text)).orElse(flags));
    }
  }

  private static String mapMany(Session s, Arguments a) {
    Loop loop = Loop.of(s, a, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
    long vaddr = s.value(a.required("vaddr"));
    long vstride = a.option("vstride").map(s::value).orElse(0L);
    MemorySegment argument = Bytes.segment(VfioIommuType1DmaMap.SIZE);
    long done = 0;
    try {
      for (; done < loop.count(); done++) {
        new VfioIommuType1DmaMap(
                (int) VfioIommuType1DmaMap.SIZE,
                loop.flags(),
                vaddr + vstride * done,
                loop.iova() + loop.stride() * done,
                loop.size())
            .encode(argument);
        s.client().ioctl(loop.fd(), VFIO_IOMMU_MAP_DMA, argument);
      }
      return "OK done=" + done;
    } catch (VfioException e) {
      return FileSteps.failed(e) + " done=" + done;
    }
  }

  private static String unmapMany(Session s, Arguments a) {
    Loop loop = Loop.of(s, a, 0);
    MemorySegment argument = Bytes.segment(VfioIommuType1DmaUnmap.SIZE);
    long done = 0;
    long bytes = 0;
    try {
      for (; done < loop.count(); done++) {
        new VfioIommuType1DmaUnmap(
                (int) VfioIommuType1DmaUnmap.SIZE,
                loop.flags(),
                loop.iova() + loop.stride() * done,
                loop.size())
            .encode(argument);
        s.client().ioctl(loop.fd(), VFIO_IOMMU_UNMAP_DMA, argument);
        bytes += VfioIommuType1DmaUnmap.decode(argument).size();
      }
      return String.format("OK done=%d bytes=0x%x", done, bytes);
    } catch (VfioException e) {
      return String.format("%s done=%d bytes=0x%x", FileSteps.failed(e), done, bytes);
    }
  }
}
