package busbar.uapi;

import static busbar.uapi.Abi.U16;
import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * One PCI function that a hot reset takes along, an element of {@link VfioPciHotResetInfo}.
 *
 * <p>Source: {@code struct vfio_pci_dependent_device}, {@code <linux/vfio.h>}.
 *
 * @param groupId number of its IOMMU group; if the list was asked for through a device node, the
 *     union is {@link #devid()}
 * @param segment PCI domain, 0 to 65535
 * @param bus PCI bus, 0 to 255
 * @param devfn device in bits 7 to 3, function in bits 2 to 0
 */
public record VfioPciDependentDevice(int groupId, int segment, int bus, int devfn) {

  public static final long OFFSET_GROUP_ID = 0;
  public static final long OFFSET_DEVID = 0;
  public static final long OFFSET_SEGMENT = 4;
  public static final long OFFSET_BUS = 6;
  public static final long OFFSET_DEVFN = 7;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              MemoryLayout.unionLayout(U32.withName("group_id"), U32.withName("devid")),
              U16.withName("segment"),
              U8.withName("bus"),
              U8.withName("devfn"))
          .withName("vfio_pci_dependent_device");

  public static VfioPciDependentDevice decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioPciDependentDevice decode(MemorySegment s, long at) {
    return new VfioPciDependentDevice(
        s.get(U32, at + OFFSET_GROUP_ID),
        Short.toUnsignedInt(s.get(U16, at + OFFSET_SEGMENT)),
        Byte.toUnsignedInt(s.get(U8, at + OFFSET_BUS)),
        Byte.toUnsignedInt(s.get(U8, at + OFFSET_DEVFN)));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_GROUP_ID, groupId);
    s.set(U16, at + OFFSET_SEGMENT, (short) segment);
    s.set(U8, at + OFFSET_BUS, (byte) bus);
    s.set(U8, at + OFFSET_DEVFN, (byte) devfn);
  }

  /**
   * Its id in the caller's iommufd, {@code VFIO_PCI_DEVID_OWNED} or {@code
   * VFIO_PCI_DEVID_NOT_OWNED}, in a list with {@code VFIO_PCI_HOT_RESET_FLAG_DEV_ID}.
   */
  public int devid() {
    return groupId;
  }
}
