package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument of {@code VFIO_DEVICE_ATTACH_IOMMUFD_PT} on a bound device node. A device that is
 * attached already changes over in one step.
 *
 * <p>Source: {@code struct vfio_device_attach_iommufd_pt}, {@code <linux/vfio.h>}.
 *
 * @param argsz bytes of the caller's buffer, at least {@link #MIN_ARGSZ}
 * @param flags {@code VFIO_DEVICE_ATTACH_PASID} or 0
 * @param ptId in: id of an I/O address space or a hardware page table; out: the hardware page table
 *     in use
 * @param pasid process address space id, read only with {@code ATTACH_PASID}
 */
public record VfioDeviceAttachIommufdPt(int argsz, int flags, int ptId, int pasid) {

  public static final long OFFSET_ARGSZ = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_PT_ID = 8;
  public static final long OFFSET_PASID = 12;
  public static final long SIZE = 16;

  /**
   * Smallest {@code argsz} accepted, in bytes: without {@code pasid}; with {@code
   * VFIO_DEVICE_ATTACH_PASID} it is {@link #SIZE}.
   */
  public static final int MIN_ARGSZ = 12;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("argsz"),
              U32.withName("flags"),
              U32.withName("pt_id"),
              U32.withName("pasid"))
          .withName("vfio_device_attach_iommufd_pt");

  public static VfioDeviceAttachIommufdPt decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceAttachIommufdPt decode(MemorySegment s, long at) {
    return new VfioDeviceAttachIommufdPt(
        s.get(U32, at + OFFSET_ARGSZ),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_PT_ID),
        s.get(U32, at + OFFSET_PASID));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_ARGSZ, argsz);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_PT_ID, ptId);
    s.set(U32, at + OFFSET_PASID, pasid);
  }
}
