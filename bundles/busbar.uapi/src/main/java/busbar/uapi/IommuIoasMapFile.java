package busbar.uapi;

import static busbar.uapi.Abi.S32;
import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_IOAS_MAP_FILE} on an iommufd: lets devices reach the memory
 * of a memfd or a dma-buf.
 *
 * <p>Source: {@code struct iommu_ioas_map_file}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags {@code IOMMU_IOAS_MAP_READABLE}, {@code WRITEABLE}, as the device sees it; {@code
 *     FIXED_IOVA}
 * @param ioasId address space
 * @param fd file descriptor
 * @param start bytes from the start of the file
 * @param length bytes, not 0
 * @param iova in, with {@code FIXED_IOVA}: address for the device; out, without: the one that was
 *     chosen
 */
public record IommuIoasMapFile(
    int size, int flags, int ioasId, int fd, long start, long length, long iova) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_IOAS_ID = 8;
  public static final long OFFSET_FD = 12;
  public static final long OFFSET_START = 16;
  public static final long OFFSET_LENGTH = 24;
  public static final long OFFSET_IOVA = 32;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("ioas_id"),
              S32.withName("fd"),
              U64.withName("start"),
              U64.withName("length"),
              U64.withName("iova"))
          .withName("iommu_ioas_map_file");

  public static IommuIoasMapFile decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIoasMapFile decode(MemorySegment s, long at) {
    return new IommuIoasMapFile(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_IOAS_ID),
        s.get(S32, at + OFFSET_FD),
        s.get(U64, at + OFFSET_START),
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
    s.set(S32, at + OFFSET_FD, fd);
    s.set(U64, at + OFFSET_START, start);
    s.set(U64, at + OFFSET_LENGTH, length);
    s.set(U64, at + OFFSET_IOVA, iova);
  }
}
