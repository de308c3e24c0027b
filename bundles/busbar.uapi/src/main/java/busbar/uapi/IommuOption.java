package busbar.uapi;

import static busbar.uapi.Abi.U16;
import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_OPTION} on an iommufd.
 *
 * <p>Source: {@code struct iommu_option}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param optionId {@code IOMMU_OPTION_RLIMIT_MODE} or {@code IOMMU_OPTION_HUGE_PAGES}
 * @param op {@code IOMMU_OPTION_OP_SET} or {@code IOMMU_OPTION_OP_GET}
 * @param reserved must be 0
 * @param objectId address space for {@code HUGE_PAGES}, 0 for {@code RLIMIT_MODE}
 * @param val64 the value; limits by user 0 or by process 1, huge pages off 0 or on 1
 */
public record IommuOption(int size, int optionId, int op, int reserved, int objectId, long val64) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_OPTION_ID = 4;
  public static final long OFFSET_OP = 8;
  public static final long OFFSET_RESERVED = 10;
  public static final long OFFSET_OBJECT_ID = 12;
  public static final long OFFSET_VAL64 = 16;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("option_id"),
              U16.withName("op"),
              U16.withName("__reserved"),
              U32.withName("object_id"),
              U64.withName("val64"))
          .withName("iommu_option");

  public static IommuOption decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuOption decode(MemorySegment s, long at) {
    return new IommuOption(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_OPTION_ID),
        Short.toUnsignedInt(s.get(U16, at + OFFSET_OP)),
        Short.toUnsignedInt(s.get(U16, at + OFFSET_RESERVED)),
        s.get(U32, at + OFFSET_OBJECT_ID),
        s.get(U64, at + OFFSET_VAL64));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_OPTION_ID, optionId);
    s.set(U16, at + OFFSET_OP, (short) op);
    s.set(U16, at + OFFSET_RESERVED, (short) reserved);
    s.set(U32, at + OFFSET_OBJECT_ID, objectId);
    s.set(U64, at + OFFSET_VAL64, val64);
  }
}
