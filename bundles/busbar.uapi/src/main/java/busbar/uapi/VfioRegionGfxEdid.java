package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The argument vfio_region_gfx_edid.
 *
 * <p>Source: {@code struct vfio_region_gfx_edid}, {@code <linux/vfio.h>}.
 *
 * @param edidOffset {@code edid_offset}
 * @param edidMaxSize {@code edid_max_size}
 * @param edidSize {@code edid_size}
 * @param maxXres {@code max_xres}
 * @param maxYres {@code max_yres}
 * @param linkState {@code link_state}
 */
public record VfioRegionGfxEdid(
    int edidOffset, int edidMaxSize, int edidSize, int maxXres, int maxYres, int linkState) {

  public static final long OFFSET_EDID_OFFSET = 0;
  public static final long OFFSET_EDID_MAX_SIZE = 4;
  public static final long OFFSET_EDID_SIZE = 8;
  public static final long OFFSET_MAX_XRES = 12;
  public static final long OFFSET_MAX_YRES = 16;
  public static final long OFFSET_LINK_STATE = 20;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("edid_offset"),
              U32.withName("edid_max_size"),
              U32.withName("edid_size"),
              U32.withName("max_xres"),
              U32.withName("max_yres"),
              U32.withName("link_state"))
          .withName("vfio_region_gfx_edid");

  public static VfioRegionGfxEdid decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioRegionGfxEdid decode(MemorySegment s, long at) {
    return new VfioRegionGfxEdid(
        s.get(U32, at + OFFSET_EDID_OFFSET),
        s.get(U32, at + OFFSET_EDID_MAX_SIZE),
        s.get(U32, at + OFFSET_EDID_SIZE),
        s.get(U32, at + OFFSET_MAX_XRES),
        s.get(U32, at + OFFSET_MAX_YRES),
        s.get(U32, at + OFFSET_LINK_STATE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_EDID_OFFSET, edidOffset);
    s.set(U32, at + OFFSET_EDID_MAX_SIZE, edidMaxSize);
    s.set(U32, at + OFFSET_EDID_SIZE, edidSize);
    s.set(U32, at + OFFSET_MAX_XRES, maxXres);
    s.set(U32, at + OFFSET_MAX_YRES, maxYres);
    s.set(U32, at + OFFSET_LINK_STATE, linkState);
  }
}
