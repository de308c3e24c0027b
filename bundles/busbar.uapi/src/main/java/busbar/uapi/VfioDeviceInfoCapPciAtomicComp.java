package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Device capability {@code VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP}, version 1: which atomic
 * operations of this PCI device the root port completes.
 *
 * <p>Source: {@code struct vfio_device_info_cap_pci_atomic_comp}, {@code <linux/vfio.h>}.
 *
 * @param header id, version and link
 * @param flags {@code VFIO_PCI_ATOMIC_COMP32}, {@code 64}, {@code 128}: widths in bits
 * @param reserved padding, 0
 */
public record VfioDeviceInfoCapPciAtomicComp(VfioInfoCapHeader header, int flags, int reserved) {

  public static final long OFFSET_HEADER = 0;
  public static final long OFFSET_FLAGS = 8;
  public static final long OFFSET_RESERVED = 12;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              VfioInfoCapHeader.LAYOUT.withName("header"),
              U32.withName("flags"),
              U32.withName("reserved"))
          .withName("vfio_device_info_cap_pci_atomic_comp");

  public static VfioDeviceInfoCapPciAtomicComp decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceInfoCapPciAtomicComp decode(MemorySegment s, long at) {
    return new VfioDeviceInfoCapPciAtomicComp(
        VfioInfoCapHeader.decode(s, at + OFFSET_HEADER),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    header.encode(s, at + OFFSET_HEADER);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }
}
