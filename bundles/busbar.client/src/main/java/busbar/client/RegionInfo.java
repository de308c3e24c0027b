package busbar.client;

import busbar.uapi.CapabilityChain;
import busbar.uapi.VfioHeader;
import busbar.uapi.VfioRegionInfo;
import busbar.uapi.VfioRegionInfoCapSparseMmap;
import busbar.uapi.VfioRegionInfoCapType;
import busbar.uapi.VfioRegionSparseMmapArea;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a region is ({@code VFIO_DEVICE_GET_REGION_INFO}).
 *
 * @param flags {@code VFIO_REGION_INFO_FLAG_*}
 * @param size in bytes; 0 if the device does not have it
 * @param offset where it starts in the device file
 * @param mappableAreas the parts that can be mapped; empty if all or nothing can
 * @param type what a region beyond those of the bus is for
 */
public record RegionInfo(
    int index, int flags, long size, long offset, List<Area> mappableAreas, Optional<Type> type) {

  /** A part of a region, in bytes from its start. */
  public record Area(long offset, long size) {}

  /** {@code VFIO_REGION_TYPE_*} and its subtype. */
  public record Type(int type, int subtype) {}

  static RegionInfo of(MemorySegment answer) {
    VfioRegionInfo info = VfioRegionInfo.decode(answer);
    List<Area> areas = new ArrayList<>();
    Optional<Type> type = Optional.empty();
    boolean chained = (info.flags() & VfioHeader.VFIO_REGION_INFO_FLAG_CAPS) != 0;
    for (CapabilityChain.Capability capability :
        Argument.capabilities(answer, chained ? info.capOffset() : 0)) {
      MemorySegment c = capability.segment();
      if (capability.id() == VfioHeader.VFIO_REGION_INFO_CAP_SPARSE_MMAP) {
        areas.addAll(areas(c));
      } else if (capability.id() == VfioHeader.VFIO_REGION_INFO_CAP_TYPE) {
        VfioRegionInfoCapType found = VfioRegionInfoCapType.decode(c);
        type = Optional.of(new Type(found.type(), found.subtype()));
      }
    }
    return new RegionInfo(
        info.index(), info.flags(), info.size(), info.offset(), List.copyOf(areas), type);
  }

  private static List<Area> areas(MemorySegment c) {
    int count = VfioRegionInfoCapSparseMmap.decode(c).nrAreas();
    List<Area> areas = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long at = VfioRegionInfoCapSparseMmap.OFFSET_AREAS + VfioRegionSparseMmapArea.SIZE * i;
      VfioRegionSparseMmapArea area = VfioRegionSparseMmapArea.decode(c, at);
      areas.add(new Area(area.offset(), area.size()));
    }
    return areas;
  }

  public boolean canRead() {
    return (flags & VfioHeader.VFIO_REGION_INFO_FLAG_READ) != 0;
  }

  public boolean canWrite() {
    return (flags & VfioHeader.VFIO_REGION_INFO_FLAG_WRITE) != 0;
  }

  /** Whether {@link Region#map} works, if not for all of it then for {@link #mappableAreas}. */
  public boolean canMap() {
    return (flags & VfioHeader.VFIO_REGION_INFO_FLAG_MMAP) != 0;
  }
}
