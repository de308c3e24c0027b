package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The registers at the start of a migration region of protocol v1. Linux has no driver for it any
 * more; clients find the second protocol by {@code VFIO_DEVICE_FEATURE_MIGRATION}.
 *
 * <p>Source: {@code struct vfio_device_migration_info}, {@code <linux/vfio.h>}.
 *
 * @param deviceState {@code VFIO_DEVICE_STATE_V1_*}, one bit each
 * @param reserved padding, 0
 * @param pendingBytes read only: bytes still to be saved by the device
 * @param dataOffset read only: bytes from the start of the region to the data
 * @param dataSize bytes of data at {@code dataOffset}
 */
public record VfioDeviceMigrationInfo(
    int deviceState, int reserved, long pendingBytes, long dataOffset, long dataSize) {

  public static final long OFFSET_DEVICE_STATE = 0;
  public static final long OFFSET_RESERVED = 4;
  public static final long OFFSET_PENDING_BYTES = 8;
  public static final long OFFSET_DATA_OFFSET = 16;
  public static final long OFFSET_DATA_SIZE = 24;
  public static final long SIZE = 32;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("device_state"),
              U32.withName("reserved"),
              U64.withName("pending_bytes"),
              U64.withName("data_offset"),
              U64.withName("data_size"))
          .withName("vfio_device_migration_info");

  public static VfioDeviceMigrationInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static VfioDeviceMigrationInfo decode(MemorySegment s, long at) {
    return new VfioDeviceMigrationInfo(
        s.get(U32, at + OFFSET_DEVICE_STATE),
        s.get(U32, at + OFFSET_RESERVED),
        s.get(U64, at + OFFSET_PENDING_BYTES),
        s.get(U64, at + OFFSET_DATA_OFFSET),
        s.get(U64, at + OFFSET_DATA_SIZE));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_DEVICE_STATE, deviceState);
    s.set(U32, at + OFFSET_RESERVED, reserved);
    s.set(U64, at + OFFSET_PENDING_BYTES, pendingBytes);
    s.set(U64, at + OFFSET_DATA_OFFSET, dataOffset);
    s.set(U64, at + OFFSET_DATA_SIZE, dataSize);
  }
}
