package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code VFIO_IOMMU_SPAPR_TCE_CREATE} on a container with sPAPR v2: a new
 * DMA window.
 *
 * <p>Source: {@code struct vfio_iommu_spapr_tce_create}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags must be 0
 * @param pageShift binary logarithm of the IOMMU page size in bytes
 * @param resv1 padding, 0
 * @param windowSize bytes of the window, a power of two
 * @param levels levels of the table, 1 to the limit in {@link VfioIommuSpaprTceDdwInfo}
 * @param resv2 padding, 0
 * @param startAddr out: first bus address of the window
 */
public record VfioIommuSpaprTceCreate(
    int argsz,
    int flags,
    int pageShift,
    int resv1,
    long windowSize,
    int levels,
    int resv2,
    long startAddr) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_PAGE_SHIFT = 8;
  public static final long OFFSET_RESV1 = 12;
  public static final long OFFSET_WINDOW_SIZE = 16;
  public static final long OFFSET_LEVELS = 24;
  public static final long OFFSET_RESV2 = 28;
  public static final long OFFSET_START_ADDR = 32;
  public static final long SIZE = 40;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("page_shift"),
              U32.withName("__resv1"),
              U64.withName("window_size"),
              U32.withName("levels"),
              U32.withName("__resv2"),
              U64.withName("start_addr"))
          .withName("vfio_iommu_spapr_tce_create");

  public static VfioIommuSpaprTceCreate decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuSpaprTceCreate decode(MemorySegment s, long at) {
    return new VfioIommuSpaprTceCreate(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_PAGE_SHIFT),
        s.get(U32, at + OFFSET_RESV1),
        s.get(U64, at + OFFSET_WINDOW_SIZE),
        s.get(U32, at + OFFSET_LEVELS),
        s.get(U32, at + OFFSET_RESV2),
        s.get(U64, at + OFFSET_START_ADDR));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_PAGE_SHIFT, pageShift);
    s.set(U32, at + OFFSET_RESV1, resv1);
    s.set(U64, at + OFFSET_WINDOW_SIZE, windowSize);
    s.set(U32, at + OFFSET_LEVELS, levels);
    s.set(U32, at + OFFSET_RESV2, resv2);
    s.set(U64, at + OFFSET_START_ADDR, startAddr);
  }
}
