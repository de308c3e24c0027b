package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code IOMMU_IOAS_CHANGE_PROCESS} on an iommufd: charges locked memory to the caller
 * from now on. Works only if all mappings are of files.
 *
 * <p>Source: {@code struct iommu_ioas_change_process}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param reserved must be 0
 */
public record IommuIoasChangeProcess(int size, int reserved) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_RESERVED = 4;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U32.withName("size"), U32.withName("__reserved"))
          .withName("iommu_ioas_change_process");

  public static IommuIoasChangeProcess decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuIoasChangeProcess decode(MemorySegment s, long at) {
    return new IommuIoasChangeProcess(
        s.get(U32, at + OFFSET_SIZE), s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }
}
