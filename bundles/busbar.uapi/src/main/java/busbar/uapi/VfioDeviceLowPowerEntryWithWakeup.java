package busbar.uapi;

import static busbar.uapi.Abi.S32;
import static busbar.uapi.Abi.U32;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of feature {@code VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP}, to set.
 *
 * <p>Source: {@code struct vfio_device_low_power_entry_with_wakeup}, {@code <linux/vfio.h>}.
 *
 * @param wakeupEventfd eventfd to signal when the device wakes for a reason other than its client,
 *     not negative
 * @param reserved padding, 0
 */
public record VfioDeviceLowPowerEntryWithWakeup(int wakeupEventfd, int reserved) {

  public static final long OFFSET_WAKEUP_EVENTFD = 0;
  public static final long OFFSET_RESERVED = 4;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(S32.withName("wakeup_eventfd"), U32.withName("reserved"))
          .withName("vfio_device_low_power_entry_with_wakeup");

  public static VfioDeviceLowPowerEntryWithWakeup decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceLowPowerEntryWithWakeup decode(MemorySegment s, long at) {
    return new VfioDeviceLowPowerEntryWithWakeup(
        s.get(S32, at + OFFSET_WAKEUP_EVENTFD), s.get(U32, at + OFFSET_RESERVED));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(S32, at + OFFSET_WAKEUP_EVENTFD, wakeupEventfd);
    s.set(U32, at + OFFSET_RESERVED, reserved);
  }
}
