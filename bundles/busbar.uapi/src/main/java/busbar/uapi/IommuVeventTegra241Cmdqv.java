package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.Arrays;

/**
 * An event of type {@code IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV}; follows {@link IommufdVeventHeader}.
 *
 * <p>Source: {@code struct iommu_vevent_tegra241_cmdqv}, {@code <linux/iommufd.h>}.
 *
 * @param lvcmdqErrMap error bits of the 128 logical command queues, two 64-bit words,
 *     little-endian, in memory order
 */
public record IommuVeventTegra241Cmdqv(byte[] lvcmdqErrMap) {

  public static final long OFFSET_LVCMDQ_ERR_MAP = 0;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(2, U64).withName("lvcmdq_err_map"))
          .withName("iommu_vevent_tegra241_cmdqv");

  public IommuVeventTegra241Cmdqv {
    lvcmdqErrMap = Abi.copyOf(lvcmdqErrMap, 16);
  }

  public static IommuVeventTegra241Cmdqv decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuVeventTegra241Cmdqv decode(MemorySegment s, long at) {
    return new IommuVeventTegra241Cmdqv(Abi.bytes(s, at + OFFSET_LVCMDQ_ERR_MAP, 16));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    Abi.put(lvcmdqErrMap, s, at + OFFSET_LVCMDQ_ERR_MAP);
  }

  @Override
  public byte[] lvcmdqErrMap() {
    return lvcmdqErrMap.clone();
  }

  /** Compares arrays by content. */
  @Override
  public boolean equals(Object other) {
    return other instanceof IommuVeventTegra241Cmdqv o
        && Arrays.equals(lvcmdqErrMap, o.lvcmdqErrMap);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(lvcmdqErrMap);
  }
}
