package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_IOMMU_SPAPR_REGISTER_MEMORY} and {@code
 * VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY} on a container with sPAPR v2: pins client memory, and charges
 * for it, before it is mapped.
 *
 * <p>Source: {@code struct vfio_iommu_spapr_register_memory}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags must be 0
 * @param vaddr address of the memory in the client, a multiple of the page size
 * @param size bytes, a multiple of the page size
 */
public record VfioIommuSpaprRegisterMemory(int argsz, int flags, long vaddr, long size) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_VADDR = 8;
  public static final long OFFSET_SIZE = 16;
  public static final long SIZE = 24;

  /** Smallest {@code argsz} accepted, in bytes: the whole fixed struct. */
  public static final int MIN_ARGSZ = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U64.withName("vaddr"),
              U64.withName("size"))
          .withName("vfio_iommu_spapr_register_memory");

  public static VfioIommuSpaprRegisterMemory decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIommuSpaprRegisterMemory decode(MemorySegment s, long at) {
    return new VfioIommuSpaprRegisterMemory(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U64, at + OFFSET_VADDR),
        s.get(U64, at + OFFSET_SIZE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U64, at + OFFSET_VADDR, vaddr);
    s.set(U64, at + OFFSET_SIZE, size);
  }
}
