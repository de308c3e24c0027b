package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code VFIO_DEVICE_QUERY_GFX_PLANE} on a device with a display: what one
 * plane shows now.
 *
 * <p>Source: {@code struct vfio_device_gfx_plane_info}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags in: {@code VFIO_GFX_PLANE_TYPE_DMABUF} or {@code REGION}; with {@code PROBE} only
 *     whether that is supported
 * @param drmPlaneType in: {@code DRM_PLANE_TYPE_*}: 0 overlay, 1 primary, 2 cursor
 * @param drmFormat out: DRM fourcc of the pixels; 0, like size, width and height, while the guest
 *     has switched the plane off
 * @param drmFormatMod out: DRM format modifier (tiling)
 * @param width out: in pixels
 * @param height out: in pixels
 * @param stride out: bytes from line to line
 * @param size out: bytes of the plane
 * @param xPos out: pixels from the left, of a cursor
 * @param yPos out: pixels from the top, of a cursor
 * @param xHot out: hot spot in pixels from the cursor's left, {@code 0xffffffff} if unknown
 * @param yHot out: hot spot in pixels from the cursor's top, {@code 0xffffffff} if unknown
 * @param regionIndex out: region that holds the pixels; of a plane of type {@code DMABUF} the union
 *     is {@link #dmabufId()}
 * @param reserved padding, 0
 */
public record VfioDeviceGfxPlaneInfo(
    int argsz,
    int flags,
    int drmPlaneType,
    int drmFormat,
    long drmFormatMod,
    int width,
    int height,
    int stride,
    int size,
    int xPos,
    int yPos,
    int xHot,
    int yHot,
    int regionIndex,
    int reserved) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_DRM_PLANE_TYPE = 8;
  public static final long OFFSET_DRM_FORMAT = 12;
  public static final long OFFSET_DRM_FORMAT_MOD = 16;
  public static final long OFFSET_WIDTH = 24;
  public static final long OFFSET_HEIGHT = 28;
  public static final long OFFSET_STRIDE = 32;
  public static final long OFFSET_SIZE = 36;
  public static final long OFFSET_X_POS = 40;
  public static final long OFFSET_Y_POS = 44;
  public static final long OFFSET_X_HOT = 48;
  public static final long OFFSET_Y_HOT = 52;
  public static final long OFFSET_REGION_INDEX = 56;
  public static final long OFFSET_DMABUF_ID = 56;
  public static final long OFFSET_RESERVED = 60;
  public static final long SIZE = 64;

  /** Smallest {@code argsz} accepted, in bytes: without the tail padding. */
  public static final int MIN_ARGSZ = 60;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("drm_plane_type"),
              U32.withName("drm_format"),
              U64.withName("drm_format_mod"),
              U32.withName("width"),
              U32.withName("height"),
              U32.withName("stride"),
              U32.withName("size"),
              U32.withName("x_pos"),
              U32.withName("y_pos"),
              U32.withName("x_hot"),
              U32.withName("y_hot"),
              MemoryLayout.unionLayout(U32.withName("region_index"), U32.withName("dmabuf_id")),
              U32.withName("reserved"))
          .withName("vfio_device_gfx_plane_info");

  public static VfioDeviceGfxPlaneInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceGfxPlaneInfo decode(MemorySegment s, long at) {
    return new VfioDeviceGfxPlaneInfo(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_DRM_PLANE_TYPE),
        s.get(U32, at + OFFSET_DRM_FORMAT),
        s.get(U64, at + OFFSET_DRM_FORMAT_MOD),
        s.get(U32, at + OFFSET_WIDTH),
        s.get(U32, at + OFFSET_HEIGHT),
        s.get(U32, at + OFFSET_STRIDE),
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_X_POS),
        s.get(U32, at + OFFSET_Y_POS),
        s.get(U32, at + OFFSET_X_HOT),
        s.get(U32, at + OFFSET_Y_HOT),
        s.get(U32, at + OFFSET_REGION_INDEX),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_DRM_PLANE_TYPE, drmPlaneType);
    s.set(U32, at + OFFSET_DRM_FORMAT, drmFormat);
    s.set(U64, at + OFFSET_DRM_FORMAT_MOD, drmFormatMod);
    s.set(U32, at + OFFSET_WIDTH, width);
    s.set(U32, at + OFFSET_HEIGHT, height);
    s.set(U32, at + OFFSET_STRIDE, stride);
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_X_POS, xPos);
    s.set(U32, at + OFFSET_Y_POS, yPos);
    s.set(U32, at + OFFSET_X_HOT, xHot);
    s.set(U32, at + OFFSET_Y_HOT, yHot);
    s.set(U32, at + OFFSET_REGION_INDEX, regionIndex);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }

  /** Id of the buffer for {@code VFIO_DEVICE_GET_GFX_DMABUF}, of a plane of type {@code DMABUF}. */
  public int dmabufId() {
    return regionIndex;
  }
}
