package busbar.conformance.scenario;

import static busbar.uapi.IommufdHeader.*;
import static busbar.uapi.VfioHeader.*;
import static java.util.Map.entry;

import java.util.Map;
import java.util.OptionalLong;

/** The names that mean the same number in every scenario: the kernel's constants, shortened. */
final class Constants {
  private static final int REGION_SHIFT = 40;
  private static final long PAGE_SIZE = 4096;
  private static final long BAD_POINTER = 0x10;

  private static final Map<String, Long> VALUES =
      Map.<String, Long>ofEntries(
          entry("PAGE", PAGE_SIZE),
          entry("U64MAX", -1L),
          entry("BADPTR", BAD_POINTER),
          constant("READ", VFIO_DMA_MAP_FLAG_READ),
          constant("WRITE", VFIO_DMA_MAP_FLAG_WRITE),
          constant("VADDR_MAP", VFIO_DMA_MAP_FLAG_VADDR),
          constant("UNMAP_BITMAP", VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP),
          constant("UNMAP_ALL", VFIO_DMA_UNMAP_FLAG_ALL),
          constant("UNMAP_VADDR", VFIO_DMA_UNMAP_FLAG_VADDR),
          constant("DIRTY_START", VFIO_IOMMU_DIRTY_PAGES_FLAG_START),
          constant("DIRTY_STOP", VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP),
          constant("DIRTY_GET", VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP),
          constant("DATA_NONE", VFIO_IRQ_SET_DATA_NONE),
          constant("DATA_BOOL", VFIO_IRQ_SET_DATA_BOOL),
          constant("DATA_EVENTFD", VFIO_IRQ_SET_DATA_EVENTFD),
          constant("MASK", VFIO_IRQ_SET_ACTION_MASK),
          constant("UNMASK", VFIO_IRQ_SET_ACTION_UNMASK),
          constant("TRIGGER", VFIO_IRQ_SET_ACTION_TRIGGER),
          constant("INTX", VFIO_PCI_INTX_IRQ_INDEX),
          constant("MSI", VFIO_PCI_MSI_IRQ_INDEX),
          constant("MSIX", VFIO_PCI_MSIX_IRQ_INDEX),
          constant("ERR", VFIO_PCI_ERR_IRQ_INDEX),
          constant("REQ", VFIO_PCI_REQ_IRQ_INDEX),
          constant("BAR0", VFIO_PCI_BAR0_REGION_INDEX),
          constant("BAR1", VFIO_PCI_BAR1_REGION_INDEX),
          constant("BAR2", VFIO_PCI_BAR2_REGION_INDEX),
          constant("BAR3", VFIO_PCI_BAR3_REGION_INDEX),
          constant("BAR4", VFIO_PCI_BAR4_REGION_INDEX),
          constant("BAR5", VFIO_PCI_BAR5_REGION_INDEX),
          constant("ROM", VFIO_PCI_ROM_REGION_INDEX),
          constant("CONFIG", VFIO_PCI_CONFIG_REGION_INDEX),
          constant("VGA", VFIO_PCI_VGA_REGION_INDEX),
          constant("TYPE1", VFIO_TYPE1_IOMMU),
          constant("SPAPR_TCE", VFIO_SPAPR_TCE_IOMMU),
          constant("TYPE1v2", VFIO_TYPE1v2_IOMMU),
          constant("DMA_CC", VFIO_DMA_CC_IOMMU),
          constant("EEH", VFIO_EEH),
          constant("NESTING", __VFIO_RESERVED_TYPE1_NESTING_IOMMU),
          constant("SPAPR_TCE_v2", VFIO_SPAPR_TCE_v2_IOMMU),
          constant("NOIOMMU", VFIO_NOIOMMU_IOMMU),
          constant("UNMAP_ALL_EXT", VFIO_UNMAP_ALL),
          constant("UPDATE_VADDR", VFIO_UPDATE_VADDR),
          constant("GET", VFIO_DEVICE_FEATURE_GET),
          constant("SET", VFIO_DEVICE_FEATURE_SET),
          constant("PROBE", VFIO_DEVICE_FEATURE_PROBE),
          constant("IOEVENTFD_8", VFIO_DEVICE_IOEVENTFD_8),
          constant("IOEVENTFD_16", VFIO_DEVICE_IOEVENTFD_16),
          constant("IOEVENTFD_32", VFIO_DEVICE_IOEVENTFD_32),
          constant("IOEVENTFD_64", VFIO_DEVICE_IOEVENTFD_64),
          constant("IOAS_READABLE", IOMMU_IOAS_MAP_READABLE),
          constant("IOAS_WRITEABLE", IOMMU_IOAS_MAP_WRITEABLE),
          constant("IOAS_FIXED", IOMMU_IOAS_MAP_FIXED_IOVA),
          constant("VFIO_IOAS_GET", IOMMU_VFIO_IOAS_GET),
          constant("VFIO_IOAS_SET", IOMMU_VFIO_IOAS_SET),
          constant("VFIO_IOAS_CLEAR", IOMMU_VFIO_IOAS_CLEAR),
          constant("EEH_DISABLE", VFIO_EEH_PE_DISABLE),
          constant("EEH_ENABLE", VFIO_EEH_PE_ENABLE),
          constant("EEH_UNFREEZE_IO", VFIO_EEH_PE_UNFREEZE_IO),
          constant("EEH_UNFREEZE_DMA", VFIO_EEH_PE_UNFREEZE_DMA),
          constant("EEH_GET_STATE", VFIO_EEH_PE_GET_STATE),
          constant("EEH_RESET_DEACTIVATE", VFIO_EEH_PE_RESET_DEACTIVATE),
          constant("EEH_RESET_HOT", VFIO_EEH_PE_RESET_HOT),
          constant("EEH_RESET_FUNDAMENTAL", VFIO_EEH_PE_RESET_FUNDAMENTAL),
          constant("EEH_CONFIGURE", VFIO_EEH_PE_CONFIGURE),
          constant("EEH_INJECT_ERR", VFIO_EEH_PE_INJECT_ERR),
          region("bar0", VFIO_PCI_BAR0_REGION_INDEX),
          region("bar1", VFIO_PCI_BAR1_REGION_INDEX),
          region("bar2", VFIO_PCI_BAR2_REGION_INDEX),
          region("bar3", VFIO_PCI_BAR3_REGION_INDEX),
          region("bar4", VFIO_PCI_BAR4_REGION_INDEX),
          region("bar5", VFIO_PCI_BAR5_REGION_INDEX),
          region("rom", VFIO_PCI_ROM_REGION_INDEX),
          region("cfg", VFIO_PCI_CONFIG_REGION_INDEX),
          region("vga", VFIO_PCI_VGA_REGION_INDEX));

  private Constants() {}

  /** The value of a constant, or of {@code rN}, the offset of region N. */
  static OptionalLong value(String name) {
    Long value = VALUES.get(name);
    if (value != null) {
      return OptionalLong.of(value);
    }
    if (name.matches("r[0-9]{1,7}")) {
      return OptionalLong.of(Long.parseLong(name, 1, name.length(), 10) << REGION_SHIFT);
    }
    return OptionalLong.empty();
  }

  private static Map.Entry<String, Long> constant(String name, long value) {
    return entry(name, value);
  }

  private static Map.Entry<String, Long> region(String name, long index) {
    return entry(name, index << REGION_SHIFT);
  }
}
