package busbar.uapi;

import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The start of each event read from a virtual event queue.
 *
 * <p>Source: {@code struct iommufd_vevent_header}, {@code <linux/iommufd.h>}.
 *
 * @param flags {@code IOMMU_VEVENTQ_FLAG_LOST_EVENTS}: events were dropped and none follows this
 *     header; or 0
 * @param sequence counts events, 0 to 2<sup>31</sup>-1; a gap is the number of those lost
 */
public record IommufdVeventHeader(int flags, int sequence) {

  public static final long OFFSET_FLAGS = 0;
  public static final long OFFSET_SEQUENCE = 4;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(U32.withName("flags"), U32.withName("sequence"))
          .withName("iommufd_vevent_header");

  public static IommufdVeventHeader decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommufdVeventHeader decode(MemorySegment s, long at) {
    return new IommufdVeventHeader(s.get(U32, at + OFFSET_FLAGS), s.get(U32, at + OFFSET_SEQUENCE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_SEQUENCE, sequence);
  }
}
