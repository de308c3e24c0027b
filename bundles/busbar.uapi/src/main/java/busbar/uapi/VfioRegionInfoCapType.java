package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Region capability {@code VFIO_REGION_INFO_CAP_TYPE}, version 1: what a region beyond the fixed
 * indexes is for.
 *
 * <p>Source: {@code struct vfio_region_info_cap_type}, {@code <linux/vfio.h>}.
 *
 * @param header id, version and link
 * @param type {@code VFIO_REGION_TYPE_*}, or {@code VFIO_REGION_TYPE_PCI_VENDOR_TYPE} with a PCI
 *     vendor id in the low 16 bits
 * @param subtype {@code VFIO_REGION_SUBTYPE_*}, to be read together with the type
 */
public record VfioRegionInfoCapType(VfioInfoCapHeader header, int type, int subtype) {

  public static final long OFFSET_HEADER = 0;
  public static final long OFFSET_TYPE = 8;
  public static final long OFFSET_SUBTYPE = 12;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              VfioInfoCapHeader.LAYOUT.withName("header"),
              U32.withName("type"),
              U32.withName("subtype"))
          .withName("vfio_region_info_cap_type");

  public static VfioRegionInfoCapType decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioRegionInfoCapType decode(MemorySegment s, long at) {
    return new VfioRegionInfoCapType(
        VfioInfoCapHeader.decode(s, at + OFFSET_HEADER),
        s.get(U32, at + OFFSET_TYPE),
        s.get(U32, at + OFFSET_SUBTYPE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    header.encode(s, at + OFFSET_HEADER);
    s.set(U32, at + OFFSET_TYPE, type);
    s.set(U32, at + OFFSET_SUBTYPE, subtype);
  }
}
