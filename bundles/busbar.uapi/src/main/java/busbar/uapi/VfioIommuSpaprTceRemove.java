package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_IOMMU_SPAPR_TCE_REMOVE} on a container with sPAPR v2.
 *
 * <p>Source: {@code struct vfio_iommu_spapr_tce_remove}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags must be 0
 * @param startAddr bus address in the window that goes
 */
public record VfioIommuSpaprTceRemove(int argsz, int flags, long startAddr) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_START_ADDR = 8;
  public static final long SIZE = 16;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"), U32.withName("flags"), U64.withName("start_addr"))
          .withName("vfio_iommu_spapr_tce_remove");

  public static VfioIommuSpaprTceRemove decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuSpaprTceRemove decode(MemorySegment s, long at) {
    return new VfioIommuSpaprTceRemove(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U64, at + OFFSET_START_ADDR));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U64, at + OFFSET_START_ADDR, startAddr);
  }
}
