package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Argument and answer of {@code IOMMU_VDEVICE_ALLOC} on an iommufd: a device as a virtual machine
 * sees it.
 *
 * <p>Source: {@code struct iommu_vdevice_alloc}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param viommuId virtual IOMMU
 * @param devId device
 * @param outVdeviceId out: its id
 * @param virtId id of the device on the virtual IOMMU, such as a stream id
 */
public record IommuVdeviceAlloc(int size, int viommuId, int devId, int outVdeviceId, long virtId) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_VIOMMU_ID = 4;
  public static final long OFFSET_DEV_ID = 8;
  public static final long OFFSET_OUT_VDEVICE_ID = 12;
  public static final long OFFSET_VIRT_ID = 16;
  public static final long SIZE = 24;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("viommu_id"),
              U32.withName("dev_id"),
              U32.withName("out_vdevice_id"),
              U64.withName("virt_id"))
          .withName("iommu_vdevice_alloc");

  public static IommuVdeviceAlloc decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuVdeviceAlloc decode(MemorySegment s, long at) {
    return new IommuVdeviceAlloc(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_VIOMMU_ID),
        s.get(U32, at + OFFSET_DEV_ID),
        s.get(U32, at + OFFSET_OUT_VDEVICE_ID),
        s.get(U64, at + OFFSET_VIRT_ID));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_VIOMMU_ID, viommuId);
    s.set(U32, at + OFFSET_DEV_ID, devId);
    s.set(U32, at + OFFSET_OUT_VDEVICE_ID, outVdeviceId);
    s.set(U64, at + OFFSET_VIRT_ID, virtId);
  }
}
