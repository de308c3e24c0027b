package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_IOAS_UNMAP} on an iommufd. The range must hold whole
 * mappings; IOVA 0 with length 2<sup>64</sup>-1 means everything.
 *
 * <p>Source: {@code struct iommu_ioas_unmap}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param ioasId address space
 * @param iova first address
 * @param length in: bytes; out: bytes unmapped
 */
public record IommuIoasUnmap(int size, int ioasId, long iova, long length) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_IOAS_ID = 4;
  public static final long OFFSET_IOVA = 8;
  public static final long OFFSET_LENGTH = 16;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("ioas_id"),
              U64.withName("iova"),
              U64.withName("length"))
          .withName("iommu_ioas_unmap");

  public static IommuIoasUnmap decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIoasUnmap decode(MemorySegment s, long at) {
    return new IommuIoasUnmap(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_IOAS_ID),
        s.get(U64, at + OFFSET_IOVA),
        s.get(U64, at + OFFSET_LENGTH));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_IOAS_ID, ioasId);
    s.set(U64, at + OFFSET_IOVA, iova);
    s.set(U64, at + OFFSET_LENGTH, length);
  }
}
