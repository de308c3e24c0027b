package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Region capability {@code VFIO_REGION_INFO_CAP_NVLINK2_SSATGT}, version 1. No driver of Linux
 * reports it any more.
 *
 * <p>Source: {@code struct vfio_region_info_cap_nvlink2_ssatgt}, {@code <linux/vfio.h>}.
 *
 * @param header id, version and link
 * @param tgt address of the NVLink2 target as the hardware of the system sees it
 */
public record VfioRegionInfoCapNvlink2Ssatgt(VfioInfoCapHeader header, long tgt) {

  public static final long OFFSET_HEADER = 0;
  public static final long OFFSET_TGT = 8;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(VfioInfoCapHeader.LAYOUT.withName("header"), U64.withName("tgt"))
          .withName("vfio_region_info_cap_nvlink2_ssatgt");

  public static VfioRegionInfoCapNvlink2Ssatgt decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioRegionInfoCapNvlink2Ssatgt decode(MemorySegment s, long at) {
    return new VfioRegionInfoCapNvlink2Ssatgt(
        VfioInfoCapHeader.decode(s, at + OFFSET_HEADER), s.get(U64, at + OFFSET_TGT));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    header.encode(s, at + OFFSET_HEADER);
    s.set(U64, at + OFFSET_TGT, tgt);
  }
}
