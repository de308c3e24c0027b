package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code IOMMU_DESTROY} on an iommufd. EBUSY if something still uses the object.
 *
 * <p>Source: {@code struct iommu_destroy}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param id the object
 */
public record IommuDestroy(int size, int id) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_ID = 4;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U32.withName("size"), U32.withName("id")).withName("iommu_destroy");

  public static IommuDestroy decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuDestroy decode(MemorySegment s, long at) {
    return new IommuDestroy(s.get(U32, at + OFFSET_SIZE), s.get(U32, at + OFFSET_ID));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_ID, id);
  }
}
