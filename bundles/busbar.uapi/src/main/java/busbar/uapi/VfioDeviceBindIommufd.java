package busbar.uapi;

import static busbar.uapi.Abi.S32;
import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_DEVICE_BIND_IOMMUFD} on a device node: gives the device to an iommufd and
 * opens it.
 *
 * <p>Source: {@code struct vfio_device_bind_iommufd}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags {@code VFIO_DEVICE_BIND_FLAG_TOKEN} or 0
 * @param iommufd file descriptor of the iommufd, not negative
 * @param outDevid out: id of the device in that iommufd
 * @param tokenUuidPtr address of 16 bytes, the VF token; read only with {@code TOKEN}
 */
public record VfioDeviceBindIommufd(
    int argsz, int flags, int iommufd, int outDevid, long tokenUuidPtr) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_IOMMUFD = 8;
  public static final long OFFSET_OUT_DEVID = 12;
  public static final long OFFSET_TOKEN_UUID_PTR = 16;
  public static final long SIZE = 24;

  /**
   * Smallest {@code argsz} accepted, in bytes: without {@code token_uuid_ptr}, which came later and
   * is read only with {@code VFIO_DEVICE_BIND_FLAG_TOKEN}.
   */
  public static final int MIN_ARGSZ = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              S32.withName("iommufd"),
              U32.withName("out_devid"),
              U64.withName("token_uuid_ptr"))
          .withName("vfio_device_bind_iommufd");

  public static VfioDeviceBindIommufd decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceBindIommufd decode(MemorySegment s, long at) {
    return new VfioDeviceBindIommufd(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(S32, at + OFFSET_IOMMUFD),
        s.get(U32, at + OFFSET_OUT_DEVID),
        s.get(U64, at + OFFSET_TOKEN_UUID_PTR));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(S32, at + OFFSET_IOMMUFD, iommufd);
    s.set(U32, at + OFFSET_OUT_DEVID, outDevid);
    s.set(U64, at + OFFSET_TOKEN_UUID_PTR, tokenUuidPtr);
  }
}
