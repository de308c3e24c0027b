package busbar.uapi;

import static busbar.uapi.Abi.U32;
import static busbar.uapi.Abi.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of {@link IommuHwInfo} for the command queue virtualization of NVIDIA Tegra241.
 *
 * <p>Source: {@code struct iommu_hw_info_tegra241_cmdqv}, {@code <linux/iommufd.h>}.
 *
 * @param flags 0, none is defined
 * @param version version of the hardware
 * @param log2vcmdqs binary logarithm of the number of virtual command queues
 * @param log2vsids binary logarithm of the number of virtual stream ids
 * @param reserved must be 0
 */
public record IommuHwInfoTegra241Cmdqv(
    int flags, int version, int log2vcmdqs, int log2vsids, int reserved) {

  public static final long OFFSET_FLAGS = 0;
  public static final long OFFSET_VERSION = 4;
  public static final long OFFSET_LOG2VCMDQS = 5;
  public static final long OFFSET_LOG2VSIDS = 6;
  public static final long OFFSET_RESERVED = 7;
  public static final long SIZE = 8;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U32.withName("flags"),
              U8.withName("version"),
              U8.withName("log2vcmdqs"),
              U8.withName("log2vsids"),
              U8.withName("__reserved"))
          .withName("iommu_hw_info_tegra241_cmdqv");

  public static IommuHwInfoTegra241Cmdqv decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuHwInfoTegra241Cmdqv decode(MemorySegment s, long at) {
    return new IommuHwInfoTegra241Cmdqv(
        s.get(U32, at + OFFSET_FLAGS),
        Byte.toUnsignedInt(s.get(U8, at + OFFSET_VERSION)),
        Byte.toUnsignedInt(s.get(U8, at + OFFSET_LOG2VCMDQS)),
        Byte.toUnsignedInt(s.get(U8, at + OFFSET_LOG2VSIDS)),
        Byte.toUnsignedInt(s.get(U8, at + OFFSET_RESERVED)));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U32, at + OFFSET_FLAGS, flags);
    s.set(U8, at + OFFSET_VERSION, (byte) version);
    s.set(U8, at + OFFSET_LOG2VCMDQS, (byte) log2vcmdqs);
    s.set(U8, at + OFFSET_LOG2VSIDS, (byte) log2vsids);
    s.set(U8, at + OFFSET_RESERVED, (byte) reserved);
  }
}
