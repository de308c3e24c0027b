package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_VEVENTQ_ALLOC} on an iommufd: a queue of events for a virtual
 * IOMMU.
 *
 * <p>Source: {@code struct iommu_veventq_alloc}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags must be 0
 * @param viommuId virtual IOMMU
 * @param type {@code IOMMU_VEVENTQ_TYPE_*}
 * @param veventqDepth events it can hold, not 0
 * @param outVeventqId out: its id
 * @param outVeventqFd out: its file descriptor
 * @param reserved must be 0
 */
public record IommuVeventqAlloc(
    int size,
    int flags,
    int viommuId,
    int type,
    int veventqDepth,
    int outVeventqId,
    int outVeventqFd,
    int reserved) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_VIOMMU_ID = 8;
  public static final long OFFSET_TYPE = 12;
  public static final long OFFSET_VEVENTQ_DEPTH = 16;
  public static final long OFFSET_OUT_VEVENTQ_ID = 20;
  public static final long OFFSET_OUT_VEVENTQ_FD = 24;
  public static final long OFFSET_RESERVED = 28;
  public static final long SIZE = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("viommu_id"),
              U32.withName("type"),
              U32.withName("veventq_depth"),
              U32.withName("out_veventq_id"),
              U32.withName("out_veventq_fd"),
              U32.withName("__reserved"))
          .withName("iommu_veventq_alloc");

  public static IommuVeventqAlloc decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuVeventqAlloc decode(MemorySegment s, long at) {
    return new IommuVeventqAlloc(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_VIOMMU_ID),
        s.get(U32, at + OFFSET_TYPE),
        s.get(U32, at + OFFSET_VEVENTQ_DEPTH),
        s.get(U32, at + OFFSET_OUT_VEVENTQ_ID),
        s.get(U32, at + OFFSET_OUT_VEVENTQ_FD),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_VIOMMU_ID, viommuId);
    s.set(U32, at + OFFSET_TYPE, type);
    s.set(U32, at + OFFSET_VEVENTQ_DEPTH, veventqDepth);
    s.set(U32, at + OFFSET_OUT_VEVENTQ_ID, outVeventqId);
    s.set(U32, at + OFFSET_OUT_VEVENTQ_FD, outVeventqFd);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }
}
