package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The registers at the start of a region of type {@code VFIO_REGION_TYPE_GFX}, subtype {@code
 * VFIO_REGION_SUBTYPE_GFX_EDID}: the client plugs a monitor into a virtual display. The EDID data
 * lies in the same region at {@code edidOffset}.
 *
 * <p>Source: {@code struct vfio_region_gfx_edid}, {@code <linux/vfio.h>}.
 *
 * @param edidOffset read only: bytes from the start of the region to the EDID data
 * @param edidMaxSize read only: bytes there is room for
 * @param edidSize bytes of the EDID data that the client has written
 * @param maxXres read only: widest mode in pixels, 0 for no limit
 * @param maxYres read only: highest mode in pixels, 0 for no limit
 * @param linkState {@code VFIO_DEVICE_GFX_LINK_STATE_UP} or {@code DOWN}; down while the EDID data
 *     is being written
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
