package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Region capability {@code VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD}, version 1. No driver of Linux
 * reports it any more.
 *
 * <p>Source: {@code struct vfio_region_info_cap_nvlink2_lnkspd}, {@code <linux/vfio.h>}.
 *
 * @param header id, version and link
 * @param linkSpeed code of the NVLink2 speed, not a rate
 * @param pad padding, 0
 */
public record VfioRegionInfoCapNvlink2Lnkspd(VfioInfoCapHeader header, int linkSpeed, int pad) {

  public static final long OFFSET_HEADER = 0;
  public static final long OFFSET_LINK_SPEED = 8;
  public static final long OFFSET_PAD = 12;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              VfioInfoCapHeader.LAYOUT.withName("header"),
              U32.withName("link_speed"),
              U32.withName("__pad"))
          .withName("vfio_region_info_cap_nvlink2_lnkspd");

  public static VfioRegionInfoCapNvlink2Lnkspd decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioRegionInfoCapNvlink2Lnkspd decode(MemorySegment s, long at) {
    return new VfioRegionInfoCapNvlink2Lnkspd(
        VfioInfoCapHeader.decode(s, at + OFFSET_HEADER),
        s.get(U32, at + OFFSET_LINK_SPEED),
        s.get(U32, at + OFFSET_PAD));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    header.encode(s, at + OFFSET_HEADER);
    s.set(U32, at + OFFSET_LINK_SPEED, linkSpeed);
    s.set(U32, at + OFFSET_PAD, pad);
  }
}
