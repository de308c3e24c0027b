package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_FAULT_QUEUE_ALLOC} on an iommufd: a queue of {@link
 * IommuHwptPgfault} to read and {@link IommuHwptPageResponse} to write.
 *
 * <p>Source: {@code struct iommu_fault_alloc}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags must be 0
 * @param outFaultId out: its id
 * @param outFaultFd out: its file descriptor
 */
public record IommuFaultAlloc(int size, int flags, int outFaultId, int outFaultFd) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_OUT_FAULT_ID = 8;
  public static final long OFFSET_OUT_FAULT_FD = 12;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("out_fault_id"),
              U32.withName("out_fault_fd"))
          .withName("iommu_fault_alloc");

  public static IommuFaultAlloc decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuFaultAlloc decode(MemorySegment s, long at) {
    return new IommuFaultAlloc(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_OUT_FAULT_ID),
        s.get(U32, at + OFFSET_OUT_FAULT_FD));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_OUT_FAULT_ID, outFaultId);
    s.set(U32, at + OFFSET_OUT_FAULT_FD, outFaultFd);
  }
}
