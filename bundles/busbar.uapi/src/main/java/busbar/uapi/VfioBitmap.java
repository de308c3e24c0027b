package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The argument vfio_bitmap.
 *
 * <p>Source: {@code struct vfio_bitmap}, {@code <linux/vfio.h>}.
 *
 * @param pgsize {@code pgsize}
 * @param size {@code size}
 * @param data {@code data}
 */
public record VfioBitmap(long pgsize, long size, long data) {

  public static final long OFFSET_PGSIZE = 0;
  public static final long OFFSET_SIZE = 8;
  public static final long OFFSET_DATA = 16;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U64.withName("pgsize"),
              U64.withName("size"),
              U64.withName("data"))
          .withName("vfio_bitmap");

  public static VfioBitmap decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioBitmap decode(MemorySegment s, long at) {
    return new VfioBitmap(
        s.get(U64, at + OFFSET_PGSIZE),
        s.get(U64, at + OFFSET_SIZE),
        s.get(U64, at + OFFSET_DATA));
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
