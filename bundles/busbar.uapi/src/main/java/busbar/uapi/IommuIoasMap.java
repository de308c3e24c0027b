package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_IOAS_MAP} on an iommufd: lets devices reach client memory.
 *
 * <p>Source: {@code struct iommu_ioas_map}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags {@code IOMMU_IOAS_MAP_READABLE}, {@code WRITEABLE}, as the device sees it; {@code
 *     FIXED_IOVA}
 * @param ioasId address space
 * @param reserved must be 0
 * @param userVa address of the memory in the client
 * @param length bytes, not 0
 * @param iova in, with {@code FIXED_IOVA}: address for the device; out, without: the one that was
 *     chosen
 */
public record IommuIoasMap(
    int size, int flags, int ioasId, int reserved, long userVa, long length, long iova) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_IOAS_ID = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long OFFSET_USER_VA = 16;
  public static final long OFFSET_LENGTH = 24;
  public static final long OFFSET_IOVA = 32;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("ioas_id"),
              U32.withName("__reserved"),
              U64.withName("user_va"),
              U64.withName("length"),
              U64.withName("iova"))
          .withName("iommu_ioas_map");

  public static IommuIoasMap decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIoasMap decode(MemorySegment s, long at) {
    return new IommuIoasMap(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_IOAS_ID),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_USER_VA),
        s.get(U64, at + OFFSET_LENGTH),
        s.get(U64, at + OFFSET_IOVA));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_IOAS_ID, ioasId);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U64, at + OFFSET_USER_VA, userVa);
    s.set(U64, at + OFFSET_LENGTH, length);
    s.set(U64, at + OFFSET_IOVA, iova);
  }
}
