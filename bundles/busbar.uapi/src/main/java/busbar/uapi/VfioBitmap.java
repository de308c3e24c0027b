package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * A dirty bitmap in client memory: follows {@link VfioIommuType1DmaUnmap} and is the end of {@link
 * VfioIommuType1DirtyBitmapGet}.
 *
 * <p>Source: {@code struct vfio_bitmap}, {@code <linux/vfio.h>}.
 *
 * @param pgsize bytes for each bit, the smallest page size
 * @param size bytes of the bitmap, a multiple of eight, at most 256 MiB
 * @param data address of 64-bit words, bit 0 is the first page; bits are added to what is there
 */
public record VfioBitmap(long pgsize, long size, long data) {

  public static final long OFFSET_PGSIZE = 0;
  public static final long OFFSET_SIZE = 8;
  public static final long OFFSET_DATA = 16;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("pgsize"), U64.withName("size"), U64.withName("data"))
          .withName("vfio_bitmap");

  public static VfioBitmap decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioBitmap decode(MemorySegment s, long at) {
    return new VfioBitmap(
        s.get(U64, at + OFFSET_PGSIZE), s.get(U64, at + OFFSET_SIZE), s.get(U64, at + OFFSET_DATA));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_PGSIZE, pgsize);
    s.set(U64, at + OFFSET_SIZE, size);
    s.set(U64, at + OFFSET_DATA, data);
  }
}
