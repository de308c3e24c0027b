package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_IOAS_COPY} on an iommufd: maps pages of one address space in
 * another as well.
 *
 * <p>Source: {@code struct iommu_ioas_copy}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags {@code IOMMU_IOAS_MAP_*}; {@code FIXED_IOVA} is about {@code dstIova}
 * @param dstIoasId address space that gets the mapping
 * @param srcIoasId address space that has it
 * @param length bytes
 * @param dstIova in, with {@code FIXED_IOVA}: new address; out, without: the one that was chosen
 * @param srcIova address that is mapped
 */
public record IommuIoasCopy(
    int size, int flags, int dstIoasId, int srcIoasId, long length, long dstIova, long srcIova) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_DST_IOAS_ID = 8;
  public static final long OFFSET_SRC_IOAS_ID = 12;
  public static final long OFFSET_LENGTH = 16;
  public static final long OFFSET_DST_IOVA = 24;
  public static final long OFFSET_SRC_IOVA = 32;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("dst_ioas_id"),
              U32.withName("src_ioas_id"),
              U64.withName("length"),
              U64.withName("dst_iova"),
              U64.withName("src_iova"))
          .withName("iommu_ioas_copy");

  public static IommuIoasCopy decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIoasCopy decode(MemorySegment s, long at) {
    return new IommuIoasCopy(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_DST_IOAS_ID),
        s.get(U32, at + OFFSET_SRC_IOAS_ID),
        s.get(U64, at + OFFSET_LENGTH),
        s.get(U64, at + OFFSET_DST_IOVA),
        s.get(U64, at + OFFSET_SRC_IOVA));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_DST_IOAS_ID, dstIoasId);
    s.set(U32, at + OFFSET_SRC_IOAS_ID, srcIoasId);
    s.set(U64, at + OFFSET_LENGTH, length);
    s.set(U64, at + OFFSET_DST_IOVA, dstIova);
    s.set(U64, at + OFFSET_SRC_IOVA, srcIova);
  }
}
