package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_HW_QUEUE_ALLOC} on an iommufd: a hardware queue in guest
 * memory.
 *
 * <p>Source: {@code struct iommu_hw_queue_alloc}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags must be 0
 * @param viommuId virtual IOMMU
 * @param type {@code IOMMU_HW_QUEUE_TYPE_*}
 * @param index which of the queues of that type
 * @param outHwQueueId out: its id
 * @param nestingParentIova where the queue lies, in addresses of the nesting parent
 * @param length bytes of the queue
 */
public record IommuHwQueueAlloc(
    int size,
    int flags,
    int viommuId,
    int type,
    int index,
    int outHwQueueId,
    long nestingParentIova,
    long length) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_VIOMMU_ID = 8;
  public static final long OFFSET_TYPE = 12;
  public static final long OFFSET_INDEX = 16;
  public static final long OFFSET_OUT_HW_QUEUE_ID = 20;
  public static final long OFFSET_NESTING_PARENT_IOVA = 24;
  public static final long OFFSET_LENGTH = 32;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("viommu_id"),
              U32.withName("type"),
              U32.withName("index"),
              U32.withName("out_hw_queue_id"),
              U64.withName("nesting_parent_iova"),
              U64.withName("length"))
          .withName("iommu_hw_queue_alloc");

  public static IommuHwQueueAlloc decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwQueueAlloc decode(MemorySegment s, long at) {
    return new IommuHwQueueAlloc(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_VIOMMU_ID),
        s.get(U32, at + OFFSET_TYPE),
        s.get(U32, at + OFFSET_INDEX),
        s.get(U32, at + OFFSET_OUT_HW_QUEUE_ID),
        s.get(U64, at + OFFSET_NESTING_PARENT_IOVA),
        s.get(U64, at + OFFSET_LENGTH));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_VIOMMU_ID, viommuId);
    s.set(U32, at + OFFSET_TYPE, type);
    s.set(U32, at + OFFSET_INDEX, index);
    s.set(U32, at + OFFSET_OUT_HW_QUEUE_ID, outHwQueueId);
    s.set(U64, at + OFFSET_NESTING_PARENT_IOVA, nestingParentIova);
    s.set(U64, at + OFFSET_LENGTH, length);
  }
}
