package busbar.uapi;

import static busbar.uapi.IommufdHeader.IOMMU_DESTROY;
import static busbar.uapi.IommufdHeader.IOMMU_FAULT_QUEUE_ALLOC;
import static busbar.uapi.IommufdHeader.IOMMU_GET_HW_INFO;
import static busbar.uapi.IommufdHeader.IOMMU_HWPT_ALLOC;
import static busbar.uapi.IommufdHeader.IOMMU_HWPT_GET_DIRTY_BITMAP;
import static busbar.uapi.IommufdHeader.IOMMU_HWPT_INVALIDATE;
import static busbar.uapi.IommufdHeader.IOMMU_HWPT_SET_DIRTY_TRACKING;
import static busbar.uapi.IommufdHeader.IOMMU_HW_QUEUE_ALLOC;
import static busbar.uapi.IommufdHeader.IOMMU_IOAS_ALLOC;
import static busbar.uapi.IommufdHeader.IOMMU_IOAS_ALLOW_IOVAS;
import static busbar.uapi.IommufdHeader.IOMMU_IOAS_CHANGE_PROCESS;
import static busbar.uapi.IommufdHeader.IOMMU_IOAS_COPY;
import static busbar.uapi.IommufdHeader.IOMMU_IOAS_IOVA_RANGES;
import static busbar.uapi.IommufdHeader.IOMMU_IOAS_MAP;
import static busbar.uapi.IommufdHeader.IOMMU_IOAS_MAP_FILE;
import static busbar.uapi.IommufdHeader.IOMMU_IOAS_NOIOMMU_GET_PA;
import static busbar.uapi.IommufdHeader.IOMMU_IOAS_UNMAP;
import static busbar.uapi.IommufdHeader.IOMMU_OPTION;
import static busbar.uapi.IommufdHeader.IOMMU_VDEVICE_ALLOC;
import static busbar.uapi.IommufdHeader.IOMMU_VEVENTQ_ALLOC;
import static busbar.uapi.IommufdHeader.IOMMU_VFIO_IOAS;
import static busbar.uapi.IommufdHeader.IOMMU_VIOMMU_ALLOC;
import static busbar.uapi.VfioHeader.VFIO_CHECK_EXTENSION;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_ATTACH_IOMMUFD_PT;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_BIND_IOMMUFD;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_DETACH_IOMMUFD_PT;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_FEATURE;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_GFX_DMABUF;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_IRQ_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_GET_REGION_INFO;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_IOEVENTFD;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_PCI_HOT_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_QUERY_GFX_PLANE;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_RESET;
import static busbar.uapi.VfioHeader.VFIO_DEVICE_SET_IRQS;
import static busbar.uapi.VfioHeader.VFIO_EEH_PE_OP;
import static busbar.uapi.VfioHeader.VFIO_GET_API_VERSION;
import static busbar.uapi.VfioHeader.VFIO_GROUP_GET_DEVICE_FD;
import static busbar.uapi.VfioHeader.VFIO_GROUP_GET_STATUS;
import static busbar.uapi.VfioHeader.VFIO_GROUP_SET_CONTAINER;
import static busbar.uapi.VfioHeader.VFIO_GROUP_UNSET_CONTAINER;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DIRTY_PAGES;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_DISABLE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_ENABLE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_MAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_REGISTER_MEMORY;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_TCE_CREATE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_TCE_GET_INFO;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_TCE_REMOVE;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY;
import static busbar.uapi.VfioHeader.VFIO_IOMMU_UNMAP_DMA;
import static busbar.uapi.VfioHeader.VFIO_MIG_GET_PRECOPY_INFO;
import static busbar.uapi.VfioHeader.VFIO_SET_IOMMU;
import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The kernel's names of ioctl numbers, for messages and traces. One number means different things
 * on different files, and on a container also with different backends.
 */
public final class IoctlName {

  /** What an ioctl is sent to. */
  public enum FileKind {
    CONTAINER(List.of(type1(), spapr())),
    GROUP(List.of(group())),
    DEVICE(List.of(device())),
    /** Takes the commands of a type1 container as well: an iommufd can stand in for one. */
    IOMMUFD(List.of(iommufd(), type1())),
    /** The data stream of a device that is saving or resuming. */
    MIGRATION(List.of(migration()));

    private final List<Map<Integer, String>> tables;

    FileKind(List<Map<Integer, String>> tables) {
      this.tables = tables;
    }
  }

  private IoctlName() {}

  /** All names of {@code cmd} on such a file, type1 before sPAPR; empty if it has none. */
  public static List<String> of(FileKind kind, int cmd) {
    return kind.tables.stream().map(table -> table.get(cmd)).filter(Objects::nonNull).toList();
  }

  /** The names joined by {@code /}, or {@code ioctl 0x3b7f} without one: fit for a sentence. */
  public static String text(FileKind kind, int cmd) {
    List<String> names = of(kind, cmd);
    return names.isEmpty() ? "ioctl 0x%04x".formatted(cmd) : String.join("/", names);
  }

  private static Map<Integer, String> type1() {
    return Map.ofEntries(
        entry(VFIO_GET_API_VERSION, "VFIO_GET_API_VERSION"),
        entry(VFIO_CHECK_EXTENSION, "VFIO_CHECK_EXTENSION"),
        entry(VFIO_SET_IOMMU, "VFIO_SET_IOMMU"),
        entry(VFIO_IOMMU_GET_INFO, "VFIO_IOMMU_GET_INFO"),
        entry(VFIO_IOMMU_MAP_DMA, "VFIO_IOMMU_MAP_DMA"),
        entry(VFIO_IOMMU_UNMAP_DMA, "VFIO_IOMMU_UNMAP_DMA"),
        entry(VFIO_IOMMU_DIRTY_PAGES, "VFIO_IOMMU_DIRTY_PAGES"));
  }

  private static Map<Integer, String> spapr() {
    return Map.ofEntries(
        entry(VFIO_IOMMU_SPAPR_TCE_GET_INFO, "VFIO_IOMMU_SPAPR_TCE_GET_INFO"),
        entry(VFIO_IOMMU_ENABLE, "VFIO_IOMMU_ENABLE"),
        entry(VFIO_IOMMU_DISABLE, "VFIO_IOMMU_DISABLE"),
        entry(VFIO_IOMMU_SPAPR_REGISTER_MEMORY, "VFIO_IOMMU_SPAPR_REGISTER_MEMORY"),
        entry(VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, "VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY"),
        entry(VFIO_IOMMU_SPAPR_TCE_CREATE, "VFIO_IOMMU_SPAPR_TCE_CREATE"),
        entry(VFIO_IOMMU_SPAPR_TCE_REMOVE, "VFIO_IOMMU_SPAPR_TCE_REMOVE"),
        entry(VFIO_EEH_PE_OP, "VFIO_EEH_PE_OP"));
  }

  private static Map<Integer, String> group() {
    return Map.ofEntries(
        entry(VFIO_GROUP_GET_STATUS, "VFIO_GROUP_GET_STATUS"),
        entry(VFIO_GROUP_SET_CONTAINER, "VFIO_GROUP_SET_CONTAINER"),
        entry(VFIO_GROUP_UNSET_CONTAINER, "VFIO_GROUP_UNSET_CONTAINER"),
        entry(VFIO_GROUP_GET_DEVICE_FD, "VFIO_GROUP_GET_DEVICE_FD"));
  }

  private static Map<Integer, String> device() {
    return Map.ofEntries(
        entry(VFIO_DEVICE_GET_INFO, "VFIO_DEVICE_GET_INFO"),
        entry(VFIO_DEVICE_GET_REGION_INFO, "VFIO_DEVICE_GET_REGION_INFO"),
        entry(VFIO_DEVICE_GET_IRQ_INFO, "VFIO_DEVICE_GET_IRQ_INFO"),
        entry(VFIO_DEVICE_SET_IRQS, "VFIO_DEVICE_SET_IRQS"),
        entry(VFIO_DEVICE_RESET, "VFIO_DEVICE_RESET"),
        entry(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO"),
        entry(VFIO_DEVICE_PCI_HOT_RESET, "VFIO_DEVICE_PCI_HOT_RESET"),
        entry(VFIO_DEVICE_QUERY_GFX_PLANE, "VFIO_DEVICE_QUERY_GFX_PLANE"),
        entry(VFIO_DEVICE_GET_GFX_DMABUF, "VFIO_DEVICE_GET_GFX_DMABUF"),
        entry(VFIO_DEVICE_IOEVENTFD, "VFIO_DEVICE_IOEVENTFD"),
        entry(VFIO_DEVICE_FEATURE, "VFIO_DEVICE_FEATURE"),
        entry(VFIO_DEVICE_BIND_IOMMUFD, "VFIO_DEVICE_BIND_IOMMUFD"),
        entry(VFIO_DEVICE_ATTACH_IOMMUFD_PT, "VFIO_DEVICE_ATTACH_IOMMUFD_PT"),
        entry(VFIO_DEVICE_DETACH_IOMMUFD_PT, "VFIO_DEVICE_DETACH_IOMMUFD_PT"));
  }

  private static Map<Integer, String> iommufd() {
    return Map.ofEntries(
        entry(IOMMU_DESTROY, "IOMMU_DESTROY"),
        entry(IOMMU_IOAS_ALLOC, "IOMMU_IOAS_ALLOC"),
        entry(IOMMU_IOAS_ALLOW_IOVAS, "IOMMU_IOAS_ALLOW_IOVAS"),
        entry(IOMMU_IOAS_COPY, "IOMMU_IOAS_COPY"),
        entry(IOMMU_IOAS_IOVA_RANGES, "IOMMU_IOAS_IOVA_RANGES"),
        entry(IOMMU_IOAS_MAP, "IOMMU_IOAS_MAP"),
        entry(IOMMU_IOAS_UNMAP, "IOMMU_IOAS_UNMAP"),
        entry(IOMMU_OPTION, "IOMMU_OPTION"),
        entry(IOMMU_VFIO_IOAS, "IOMMU_VFIO_IOAS"),
        entry(IOMMU_HWPT_ALLOC, "IOMMU_HWPT_ALLOC"),
        entry(IOMMU_GET_HW_INFO, "IOMMU_GET_HW_INFO"),
        entry(IOMMU_HWPT_SET_DIRTY_TRACKING, "IOMMU_HWPT_SET_DIRTY_TRACKING"),
        entry(IOMMU_HWPT_GET_DIRTY_BITMAP, "IOMMU_HWPT_GET_DIRTY_BITMAP"),
        entry(IOMMU_HWPT_INVALIDATE, "IOMMU_HWPT_INVALIDATE"),
        entry(IOMMU_FAULT_QUEUE_ALLOC, "IOMMU_FAULT_QUEUE_ALLOC"),
        entry(IOMMU_IOAS_MAP_FILE, "IOMMU_IOAS_MAP_FILE"),
        entry(IOMMU_VIOMMU_ALLOC, "IOMMU_VIOMMU_ALLOC"),
        entry(IOMMU_VDEVICE_ALLOC, "IOMMU_VDEVICE_ALLOC"),
        entry(IOMMU_IOAS_CHANGE_PROCESS, "IOMMU_IOAS_CHANGE_PROCESS"),
        entry(IOMMU_VEVENTQ_ALLOC, "IOMMU_VEVENTQ_ALLOC"),
        entry(IOMMU_HW_QUEUE_ALLOC, "IOMMU_HW_QUEUE_ALLOC"),
        entry(IOMMU_IOAS_NOIOMMU_GET_PA, "IOMMU_IOAS_NOIOMMU_GET_PA"));
  }

  private static Map<Integer, String> migration() {
    return Map.of(VFIO_MIG_GET_PRECOPY_INFO, "VFIO_MIG_GET_PRECOPY_INFO");
  }
}
