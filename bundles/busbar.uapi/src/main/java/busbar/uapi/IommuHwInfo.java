package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U64;
import static busbar.uapi.Abi.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.Arrays;
import java.util.Objects;

/**
 * Argument and answer of {@code IOMMU_GET_HW_INFO} on an iommufd: what the IOMMU of a device is, as
 * raw registers.
 *
 * <p>Source: {@code struct iommu_hw_info}, {@code <linux/iommufd.h>}.
 *
 * @param size bytes of this struct as the caller knows it
 * @param flags {@code IOMMU_HW_INFO_FLAG_INPUT_TYPE} or 0
 * @param devId device
 * @param dataLen in: bytes at {@code dataUptr}; out: bytes that there are for it
 * @param dataUptr address of the struct that the type stands for; what is beyond it becomes 0
 * @param inDataType in, with {@code INPUT_TYPE}: {@code IOMMU_HW_INFO_TYPE_*} wished for; out, the
 *     union is {@link #outDataType()}
 * @param outMaxPasidLog2 out: bits of a PASID, 0 if there are none
 * @param reserved must be 0
 * @param outCapabilities out: {@code IOMMU_HW_CAP_*}
 */
public record IommuHwInfo(
    int size,
    int flags,
    int devId,
    int dataLen,
    long dataUptr,
    int inDataType,
    int outMaxPasidLog2,
    byte[] reserved,
    long outCapabilities) {

  public static final long OFFSET_SIZE = 0;
  public static final long OFFSET_FLAGS = 4;
  public static final long OFFSET_DEV_ID = 8;
  public static final long OFFSET_DATA_LEN = 12;
  public static final long OFFSET_DATA_UPTR = 16;
  public static final long OFFSET_IN_DATA_TYPE = 24;
  public static final long OFFSET_OUT_DATA_TYPE = 24;
  public static final long OFFSET_OUT_MAX_PASID_LOG2 = 28;
  public static final long OFFSET_RESERVED = 29;
  public static final long OFFSET_OUT_CAPABILITIES = 32;
  public static final long SIZE = 40;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("size"),
              U32.withName("flags"),
              U32.withName("dev_id"),
              U32.withName("data_len"),
              U64.withName("data_uptr"),
              MemoryLayout.unionLayout(U32.withName("in_data_type"), U32.withName("out_data_type")),
              U8.withName("out_max_pasid_log2"),
              MemoryLayout.sequenceLayout(3, U8).withName("__reserved"),
              U64.withName("out_capabilities"))
          .withName("iommu_hw_info");

  public IommuHwInfo {
    reserved = Abi.copyOf(reserved, 3);
  }

  public static IommuHwInfo decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwInfo decode(MemorySegment s, long at) {
    return new IommuHwInfo(
        s.get(U32, at + OFFSET_SIZE),
        s.get(U32, at + OFFSET_FLAGS),
        s.get(U32, at + OFFSET_DEV_ID),
        s.get(U32, at + OFFSET_DATA_LEN),
        s.get(U64, at + OFFSET_DATA_UPTR),
        s.get(U32, at + OFFSET_IN_DATA_TYPE),
        Byte.toUnsignedInt(s.get(U8, at + OFFSET_OUT_MAX_PASID_LOG2)),
        Abi.bytes(s, at + OFFSET_RESERVED, 3),
        s.get(U64, at + OFFSET_OUT_CAPABILITIES));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_SIZE, size);
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U32, at + OFFSET_DEV_ID, devId);
    s.set(U32, at + OFFSET_DATA_LEN, dataLen);
    s.set(U64, at + OFFSET_DATA_UPTR, dataUptr);
    s.set(U32, at + OFFSET_IN_DATA_TYPE, inDataType);
    s.set(U8, at + OFFSET_OUT_MAX_PASID_LOG2, (byte) outMaxPasidLog2);
    Abi.put(reserved, s, at + OFFSET_RESERVED);
    s.set(U64, at + OFFSET_OUT_CAPABILITIES, outCapabilities);
  }

  @Override
  public byte[] reserved() {
    return reserved.clone();
  }

  /** {@code IOMMU_HW_INFO_TYPE_*} of the data, in the answer. */
  public int outDataType() {
    return inDataType;
  }

  /** Compares arrays by content. */
  @Override
  public boolean equals(Object other) {
    return other instanceof IommuHwInfo o
        && size == o.size
        && flags == o.flags
        && devId == o.devId
        && dataLen == o.dataLen
        && dataUptr == o.dataUptr
        && inDataType == o.inDataType
        && outMaxPasidLog2 == o.outMaxPasidLog2
        && Arrays.equals(reserved, o.reserved)
        && outCapabilities == o.outCapabilities;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        size,
        flags,
        devId,
        dataLen,
        dataUptr,
        inDataType,
        outMaxPasidLog2,
        Arrays.hashCode(reserved),
        outCapabilities);
  }
}
