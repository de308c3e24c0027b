package busbar.conformance.play;

import static busbar.uapi.IommufdHeader.*;
import static busbar.uapi.VfioHeader.*;

import busbar.uapi.*;
import java.lang.foreign.StructLayout;
import java.util.HashMap;
import java.util.Map;

/** The ioctls that scenarios know by name. */
final class IoctlTable {

  /** What the argument is. */
  enum Kind {
    /** A number, in the step's fourth word if {@link Ioctl#positional}. */
    IMMEDIATE,
    /** A pointer to a descriptor, the step's fourth word. */
    DESCRIPTOR,
    /** A device's name; the step's fourth word is the handle that is made. */
    DEVICE_NAME,
    /** A pointer to a 32-bit number; a descriptor comes back. */
    DMABUF,
    /** A struct of named fields. */
    STRUCT
  }

  /** What follows the fields of a result. */
  enum Trailer {
    NONE,
    IOMMU_CAPABILITIES,
    DEVICE_CAPABILITIES,
    REGION_CAPABILITIES,
    DEPENDENT_DEVICES,
    FEATURE_DATA,
    IOVA_RANGES
  }

  /**
   * One ioctl.
   *
   * @param positional whether the step names the number without {@code arg=}
   * @param alwaysReturns whether the result shows the returned value also if it is 0
   */
  record Ioctl(
      int number,
      Kind kind,
      StructSpec struct,
      Trailer trailer,
      boolean positional,
      boolean alwaysReturns) {}

  private static final Map<String, Ioctl> BY_NAME = new HashMap<>();

  static {
    immediate("GET_API_VERSION", VFIO_GET_API_VERSION, false, true);
    immediate("CHECK_EXTENSION", VFIO_CHECK_EXTENSION, true, true);
    immediate("SET_IOMMU", VFIO_SET_IOMMU, true, false);
    immediate("IOMMU_ENABLE", VFIO_IOMMU_ENABLE, false, false);
    immediate("IOMMU_DISABLE", VFIO_IOMMU_DISABLE, false, false);
    immediate("GROUP_UNSET_CONTAINER", VFIO_GROUP_UNSET_CONTAINER, false, false);
    immediate("DEVICE_RESET", VFIO_DEVICE_RESET, false, false);
    other("GROUP_SET_CONTAINER", VFIO_GROUP_SET_CONTAINER, Kind.DESCRIPTOR);
    other("GROUP_GET_DEVICE_FD", VFIO_GROUP_GET_DEVICE_FD, Kind.DEVICE_NAME);
    other("GET_GFX_DMABUF", VFIO_DEVICE_GET_GFX_DMABUF, Kind.DMABUF);
    containers();
    sPapr();
    devices();
    iommufd();
  }

  private IoctlTable() {}

  /** The ioctl of that name, or {@code null}. */
  static Ioctl named(String name) {
    return BY_NAME.get(name);
  }

  private static void containers() {
    struct("GROUP_GET_STATUS", VFIO_GROUP_GET_STATUS, VfioGroupStatus.LAYOUT, "flags");
    trailed(
        "IOMMU_GET_INFO",
        VFIO_IOMMU_GET_INFO,
        StructSpec.of(VfioIommuType1Info.LAYOUT, "flags", "iova_pgsizes", "cap_offset"),
        Trailer.IOMMU_CAPABILITIES);
    struct("MAP_DMA", VFIO_IOMMU_MAP_DMA, VfioIommuType1DmaMap.LAYOUT);
    trailed(
        "UNMAP_DMA",
        VFIO_IOMMU_UNMAP_DMA,
        StructSpec.of(VfioIommuType1DmaUnmap.LAYOUT, "size")
            .optionally(named(VfioBitmap.LAYOUT, "bitmap")),
        Trailer.NONE);
    trailed(
        "DIRTY_PAGES",
        VFIO_IOMMU_DIRTY_PAGES,
        StructSpec.of(VfioIommuType1DirtyBitmap.LAYOUT)
            .optionally(VfioIommuType1DirtyBitmapGet.LAYOUT),
        Trailer.NONE);
  }

  private static void sPapr() {
    struct(
        "SPAPR_TCE_GET_INFO",
        VFIO_IOMMU_SPAPR_TCE_GET_INFO,
        VfioIommuSpaprTceInfo.LAYOUT,
        "flags",
        "dma32_window_start",
        "dma32_window_size",
        "ddw_pgsizes",
        "ddw_max_windows",
        "ddw_levels");
    struct(
        "SPAPR_REGISTER_MEMORY",
        VFIO_IOMMU_SPAPR_REGISTER_MEMORY,
        VfioIommuSpaprRegisterMemory.LAYOUT);
    struct(
        "SPAPR_UNREGISTER_MEMORY",
        VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY,
        VfioIommuSpaprRegisterMemory.LAYOUT);
    struct(
        "SPAPR_TCE_CREATE",
        VFIO_IOMMU_SPAPR_TCE_CREATE,
        VfioIommuSpaprTceCreate.LAYOUT,
        "start_addr");
    struct("SPAPR_TCE_REMOVE", VFIO_IOMMU_SPAPR_TCE_REMOVE, VfioIommuSpaprTceRemove.LAYOUT);
    struct("EEH_PE_OP", VFIO_EEH_PE_OP, VfioEehPeOp.LAYOUT);
  }

  private static void devices() {
    trailed(
        "DEVICE_GET_INFO",
        VFIO_DEVICE_GET_INFO,
        StructSpec.of(VfioDeviceInfo.LAYOUT, "flags", "num_regions", "num_irqs", "cap_offset"),
        Trailer.DEVICE_CAPABILITIES);
    trailed(
        "GET_REGION_INFO",
        VFIO_DEVICE_GET_REGION_INFO,
        StructSpec.of(VfioRegionInfo.LAYOUT, "flags", "cap_offset", "size", "offset"),
        Trailer.REGION_CAPABILITIES);
    struct("GET_IRQ_INFO", VFIO_DEVICE_GET_IRQ_INFO, VfioIrqInfo.LAYOUT, "flags", "count");
    struct("SET_IRQS", VFIO_DEVICE_SET_IRQS, VfioIrqSet.LAYOUT);
    trailed(
        "PCI_HOT_RESET_INFO",
        VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
        StructSpec.of(VfioPciHotResetInfo.LAYOUT, "flags", "count"),
        Trailer.DEPENDENT_DEVICES);
    struct("PCI_HOT_RESET", VFIO_DEVICE_PCI_HOT_RESET, VfioPciHotReset.LAYOUT);
    struct("IOEVENTFD", VFIO_DEVICE_IOEVENTFD, VfioDeviceIoeventfd.LAYOUT);
    trailed(
        "FEATURE",
        VFIO_DEVICE_FEATURE,
        StructSpec.of(VfioDeviceFeature.LAYOUT),
        Trailer.FEATURE_DATA);
    struct(
        "QUERY_GFX_PLANE",
        VFIO_DEVICE_QUERY_GFX_PLANE,
        VfioDeviceGfxPlaneInfo.LAYOUT,
        "drm_format",
        "drm_format_mod",
        "width",
        "height",
        "stride",
        "size",
        "x_pos",
        "y_pos",
        "x_hot",
        "y_hot",
        "region_index");
    struct("BIND_IOMMUFD", VFIO_DEVICE_BIND_IOMMUFD, VfioDeviceBindIommufd.LAYOUT, "out_devid");
    struct(
        "ATTACH_IOMMUFD_PT",
        VFIO_DEVICE_ATTACH_IOMMUFD_PT,
        VfioDeviceAttachIommufdPt.LAYOUT,
        "pt_id");
    struct("DETACH_IOMMUFD_PT", VFIO_DEVICE_DETACH_IOMMUFD_PT, VfioDeviceDetachIommufdPt.LAYOUT);
  }

  private static void iommufd() {
    struct("IOMMU_DESTROY", IOMMU_DESTROY, IommuDestroy.LAYOUT);
    struct("IOAS_ALLOC", IOMMU_IOAS_ALLOC, IommuIoasAlloc.LAYOUT, "out_ioas_id");
    trailed(
        "IOAS_IOVA_RANGES",
        IOMMU_IOAS_IOVA_RANGES,
        StructSpec.of(IommuIoasIovaRanges.LAYOUT, "num_iovas", "out_iova_alignment"),
        Trailer.IOVA_RANGES);
    struct("IOAS_ALLOW_IOVAS", IOMMU_IOAS_ALLOW_IOVAS, IommuIoasAllowIovas.LAYOUT);
    struct("IOAS_MAP", IOMMU_IOAS_MAP, IommuIoasMap.LAYOUT, "iova");
    struct("IOAS_COPY", IOMMU_IOAS_COPY, IommuIoasCopy.LAYOUT, "dst_iova");
    struct("IOAS_UNMAP", IOMMU_IOAS_UNMAP, IommuIoasUnmap.LAYOUT, "length");
    struct("IOMMU_OPTION", IOMMU_OPTION, IommuOption.LAYOUT, "val64");
    struct("VFIO_IOAS", IOMMU_VFIO_IOAS, IommuVfioIoas.LAYOUT, "ioas_id");
    struct("HWPT_ALLOC", IOMMU_HWPT_ALLOC, IommuHwptAlloc.LAYOUT, "out_hwpt_id");
    struct(
        "GET_HW_INFO",
        IOMMU_GET_HW_INFO,
        IommuHwInfo.LAYOUT,
        "data_len",
        "out_data_type",
        "out_capabilities");
  }

  private static StructLayout named(StructLayout inner, String name) {
    return java.lang.foreign.MemoryLayout.structLayout(inner.withName(name));
  }

  private static void immediate(
      String name, int number, boolean positional, boolean alwaysReturns) {
    put(name, new Ioctl(number, Kind.IMMEDIATE, null, Trailer.NONE, positional, alwaysReturns));
  }

  private static void other(String name, int number, Kind kind) {
    put(name, new Ioctl(number, kind, null, Trailer.NONE, false, false));
  }

  private static void struct(String name, int number, StructLayout layout, String... out) {
    trailed(name, number, StructSpec.of(layout, out), Trailer.NONE);
  }

  private static void trailed(String name, int number, StructSpec struct, Trailer trailer) {
    put(name, new Ioctl(number, Kind.STRUCT, struct, trailer, false, false));
  }

  private static void put(String name, Ioctl ioctl) {
    BY_NAME.put(name, ioctl);
  }
}
