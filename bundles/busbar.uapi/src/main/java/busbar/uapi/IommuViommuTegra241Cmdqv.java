package busbar.uapi;

import static busbar.uapi.Abi.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Data of {@link IommuViommuAlloc} with {@code IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV}, filled by the
 * kernel.
 *
 * <p>Source: {@code struct iommu_viommu_tegra241_cmdqv}, {@code <linux/iommufd.h>}.
 *
 * @param outVintfMmapOffset out: offset for mmap of the iommufd, in bytes
 * @param outVintfMmapLength out: bytes to map
 */
public record IommuViommuTegra241Cmdqv(long outVintfMmapOffset, long outVintfMmapLength) {

  public static final long OFFSET_OUT_VINTF_MMAP_OFFSET = 0;
  public static final long OFFSET_OUT_VINTF_MMAP_LENGTH = 8;
  public static final long SIZE = 16;

  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              U64.withName("out_vintf_mmap_offset"), U64.withName("out_vintf_mmap_length"))
          .withName("iommu_viommu_tegra241_cmdqv");

  public static IommuViommuTegra241Cmdqv decode(MemorySegment s) {
    return decode(s, 0);
  }

  public static IommuViommuTegra241Cmdqv decode(MemorySegment s, long at) {
    return new IommuViommuTegra241Cmdqv(
        s.get(U64, at + OFFSET_OUT_VINTF_MMAP_OFFSET),
        s.get(U64, at + OFFSET_OUT_VINTF_MMAP_LENGTH));
  }

  public void encode(MemorySegment s) {
    encode(s, 0);
  }

  public void encode(MemorySegment s, long at) {
    s.set(U64, at + OFFSET_OUT_VINTF_MMAP_OFFSET, outVintfMmapOffset);
    s.set(U64, at + OFFSET_OUT_VINTF_MMAP_LENGTH, outVintfMmapLength);
  }
}
