package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * IOVAs that can be mapped, an element of {@link VfioIommuType1InfoCapIovaRange}.
 *
 * <p>Source: {@code struct vfio_iova_range}, {@code <linux/vfio.h>}.
 *
 * @param start first address
 * @param end last address, inclusive
 */
public record VfioIovaRange(long start, long end) {

  public static final long OFFSET_START = 0;
  public static final long OFFSET_END = 8;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U64.withName("start"), U64.withName("end"))
          .withName("vfio_iova_range");

  public static VfioIovaRange decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioIovaRange decode(MemorySegment s, long at) {
    return new VfioIovaRange(s.get(U64, at + OFFSET_START), s.get(U64, at + OFFSET_END));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_START, start);
    s.set(U64, at + OFFSET_END, end);
  }
}
