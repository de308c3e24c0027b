package busbar.uapi;

import static busbar.uapi.Abi.U16;
import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The start of every capability that an info ioctl lists after its fixed struct. {@link
 * CapabilityChain} builds and reads the list.
 *
 * <p>Source: {@code struct vfio_info_cap_header}, {@code <linux/vfio.h>}.
 *
 * @param id which capability: {@code *_INFO_CAP_*} of the info struct that carries the chain
 * @param version layout of this capability, counts from 1; unknown ones are to be skipped
 * @param next bytes from the start of the info struct to the next capability, 0 in the last one
 */
public record VfioInfoCapHeader(int id, int version, int next) {

  public static final long OFFSET_ID = 0;
  public static final long OFFSET_VERSION = 2;
  public static final long OFFSET_NEXT = 4;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U16.withName("id"), U16.withName("version"), U32.withName("next"))
          .withName("vfio_info_cap_header");

  public static VfioInfoCapHeader decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioInfoCapHeader decode(MemorySegment s, long at) {
    return new VfioInfoCapHeader(
        Short.toUnsignedInt(s.get(U16, at + OFFSET_ID)),
        Short.toUnsignedInt(s.get(U16, at + OFFSET_VERSION)),
        s.get(U32, at + OFFSET_NEXT));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U16, at + OFFSET_ID, (short) id);
    s.set(U16, at + OFFSET_VERSION, (short) version);
    s.set(U32, at + OFFSET_NEXT, next);
  }
}
