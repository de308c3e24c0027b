package busbar.uapi;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The kernel's names of ioctl numbers, for messages and traces. One number means different things
 * on different files, and on a container also with different backends.
 */
public final class IoctlName {

  /** What an ioctl is sent to. */
  public enum FileKind {
    CONTAINER(IoctlName.container()),
    GROUP(IoctlName.group()),
    DEVICE(IoctlName.device()),
    /** Takes the commands of a type1 container as well: an iommufd can stand in for one. */
    IOMMUFD(IoctlName.iommufd()),
    /** The data stream of a device that is saving or resuming. */
    MIGRATION(Map.of(VfioHeader.VFIO_MIG_GET_PRECOPY_INFO, List.of("VFIO_MIG_GET_PRECOPY_INFO")));

    private final Map<Integer, List<String>> names;

    FileKind(Map<Integer, List<String>> names) {
      this.names = names;
    }
  }

  private IoctlName() {}

  /** All names of {@code cmd} on such a file, type1 before sPAPR; empty if it has none. */
  public static List<String> of(FileKind kind, int cmd) {
    return kind.names.getOrDefault(cmd, List.of());
  }

  /** The names joined by {@code /}, or {@code ioctl 0x3b7f} without one: fit for a sentence. */
  public static String text(FileKind kind, int cmd) {
    List<String> names = of(kind, cmd);
    return names.isEmpty() ? "ioctl 0x%04x".formatted(cmd) : String.join("/", names);
  }

  private static Map<Integer, List<String>> container() {
    Map<Integer, List<String>> names = new TreeMap<>();
    names.put(VfioHeader.VFIO_GET_API_VERSION, List.of("VFIO_GET_API_VERSION"));
    names.put(VfioHeader.VFIO_CHECK_EXTENSION, List.of("VFIO_CHECK_EXTENSION"));
    names.put(VfioHeader.VFIO_SET_IOMMU, List.of("VFIO_SET_IOMMU"));
    names.put(
        VfioHeader.VFIO_IOMMU_GET_INFO,
        List.of("VFIO_IOMMU_GET_INFO", "VFIO_IOMMU_SPAPR_TCE_GET_INFO"));
    names.put(VfioHeader.VFIO_IOMMU_MAP_DMA, List.of("VFIO_IOMMU_MAP_DMA"));
    names.put(VfioHeader.VFIO_IOMMU_UNMAP_DMA, List.of("VFIO_IOMMU_UNMAP_DMA"));
    names.put(VfioHeader.VFIO_IOMMU_ENABLE, List.of("VFIO_IOMMU_ENABLE"));
    names.put(VfioHeader.VFIO_IOMMU_DISABLE, List.of("VFIO_IOMMU_DISABLE"));
    names.put(
        VfioHeader.VFIO_IOMMU_DIRTY_PAGES,
        List.of("VFIO_IOMMU_DIRTY_PAGES", "VFIO_IOMMU_SPAPR_REGISTER_MEMORY"));
    names.put(
        VfioHeader.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY,
        List.of("VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY"));
    names.put(VfioHeader.VFIO_IOMMU_SPAPR_TCE_CREATE, List.of("VFIO_IOMMU_SPAPR_TCE_CREATE"));
    names.put(VfioHeader.VFIO_IOMMU_SPAPR_TCE_REMOVE, List.of("VFIO_IOMMU_SPAPR_TCE_REMOVE"));
    names.put(VfioHeader.VFIO_EEH_PE_OP, List.of("VFIO_EEH_PE_OP"));
    return names;
  }

  private static Map<Integer, List<String>> group() {
    Map<Integer, List<String>> names = new TreeMap<>();
    names.put(VfioHeader.VFIO_GROUP_GET_STATUS, List.of("VFIO_GROUP_GET_STATUS"));
    names.put(VfioHeader.VFIO_GROUP_SET_CONTAINER, List.of("VFIO_GROUP_SET_CONTAINER"));
    names.put(VfioHeader.VFIO_GROUP_UNSET_CONTAINER, List.of("VFIO_GROUP_UNSET_CONTAINER"));
    names.put(VfioHeader.VFIO_GROUP_GET_DEVICE_FD, List.of("VFIO_GROUP_GET_DEVICE_FD"));
    return names;
  }

  private static Map<Integer, List<String>> device() {
    Map<Integer, List<String>> names = new TreeMap<>();
    names.put(VfioHeader.VFIO_DEVICE_GET_INFO, List.of("VFIO_DEVICE_GET_INFO"));
    names.put(VfioHeader.VFIO_DEVICE_GET_REGION_INFO, List.of("VFIO_DEVICE_GET_REGION_INFO"));
    names.put(VfioHeader.VFIO_DEVICE_GET_IRQ_INFO, List.of("VFIO_DEVICE_GET_IRQ_INFO"));
    names.put(VfioHeader.VFIO_DEVICE_SET_IRQS, List.of("VFIO_DEVICE_SET_IRQS"));
    names.put(VfioHeader.VFIO_DEVICE_RESET, List.of("VFIO_DEVICE_RESET"));
    names.put(
        VfioHeader.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
        List.of("VFIO_DEVICE_GET_PCI_HOT_RESET_INFO"));
    names.put(VfioHeader.VFIO_DEVICE_PCI_HOT_RESET, List.of("VFIO_DEVICE_PCI_HOT_RESET"));
    names.put(VfioHeader.VFIO_DEVICE_QUERY_GFX_PLANE, List.of("VFIO_DEVICE_QUERY_GFX_PLANE"));
    names.put(VfioHeader.VFIO_DEVICE_GET_GFX_DMABUF, List.of("VFIO_DEVICE_GET_GFX_DMABUF"));
    names.put(VfioHeader.VFIO_DEVICE_IOEVENTFD, List.of("VFIO_DEVICE_IOEVENTFD"));
    names.put(VfioHeader.VFIO_DEVICE_FEATURE, List.of("VFIO_DEVICE_FEATURE"));
    names.put(VfioHeader.VFIO_DEVICE_BIND_IOMMUFD, List.of("VFIO_DEVICE_BIND_IOMMUFD"));
    names.put(VfioHeader.VFIO_DEVICE_ATTACH_IOMMUFD_PT, List.of("VFIO_DEVICE_ATTACH_IOMMUFD_PT"));
    names.put(VfioHeader.VFIO_DEVICE_DETACH_IOMMUFD_PT, List.of("VFIO_DEVICE_DETACH_IOMMUFD_PT"));
    return names;
  }

  private static Map<Integer, List<String>> iommufd() {
    Map<Integer, List<String>> names = new TreeMap<>();
    names.put(VfioHeader.VFIO_GET_API_VERSION, List.of("VFIO_GET_API_VERSION"));
    names.put(VfioHeader.VFIO_CHECK_EXTENSION, List.of("VFIO_CHECK_EXTENSION"));
    names.put(VfioHeader.VFIO_SET_IOMMU, List.of("VFIO_SET_IOMMU"));
    names.put(VfioHeader.VFIO_IOMMU_GET_INFO, List.of("VFIO_IOMMU_GET_INFO"));
    names.put(VfioHeader.VFIO_IOMMU_MAP_DMA, List.of("VFIO_IOMMU_MAP_DMA"));
    names.put(VfioHeader.VFIO_IOMMU_UNMAP_DMA, List.of("VFIO_IOMMU_UNMAP_DMA"));
    names.put(VfioHeader.VFIO_IOMMU_DIRTY_PAGES, List.of("VFIO_IOMMU_DIRTY_PAGES"));
    names.put(IommufdHeader.IOMMU_DESTROY, List.of("IOMMU_DESTROY"));
    names.put(IommufdHeader.IOMMU_IOAS_ALLOC, List.of("IOMMU_IOAS_ALLOC"));
    names.put(IommufdHeader.IOMMU_IOAS_ALLOW_IOVAS, List.of("IOMMU_IOAS_ALLOW_IOVAS"));
    names.put(IommufdHeader.IOMMU_IOAS_COPY, List.of("IOMMU_IOAS_COPY"));
    names.put(IommufdHeader.IOMMU_IOAS_IOVA_RANGES, List.of("IOMMU_IOAS_IOVA_RANGES"));
    names.put(IommufdHeader.IOMMU_IOAS_MAP, List.of("IOMMU_IOAS_MAP"));
    names.put(IommufdHeader.IOMMU_IOAS_UNMAP, List.of("IOMMU_IOAS_UNMAP"));
    names.put(IommufdHeader.IOMMU_OPTION, List.of("IOMMU_OPTION"));
    names.put(IommufdHeader.IOMMU_VFIO_IOAS, List.of("IOMMU_VFIO_IOAS"));
    names.put(IommufdHeader.IOMMU_HWPT_ALLOC, List.of("IOMMU_HWPT_ALLOC"));
    names.put(IommufdHeader.IOMMU_GET_HW_INFO, List.of("IOMMU_GET_HW_INFO"));
    names.put(
        IommufdHeader.IOMMU_HWPT_SET_DIRTY_TRACKING,
        List.of("IOMMU_HWPT_SET_DIRTY_TRACKING"));
    names.put(IommufdHeader.IOMMU_HWPT_GET_DIRTY_BITMAP, List.of("IOMMU_HWPT_GET_DIRTY_BITMAP"));
    names.put(IommufdHeader.IOMMU_HWPT_INVALIDATE, List.of("IOMMU_HWPT_INVALIDATE"));
    names.put(IommufdHeader.IOMMU_FAULT_QUEUE_ALLOC, List.of("IOMMU_FAULT_QUEUE_ALLOC"));
    names.put(IommufdHeader.IOMMU_IOAS_MAP_FILE, List.of("IOMMU_IOAS_MAP_FILE"));
    names.put(IommufdHeader.IOMMU_VIOMMU_ALLOC, List.of("IOMMU_VIOMMU_ALLOC"));
    names.put(IommufdHeader.IOMMU_VDEVICE_ALLOC, List.of("IOMMU_VDEVICE_ALLOC"));
    names.put(IommufdHeader.IOMMU_IOAS_CHANGE_PROCESS, List.of("IOMMU_IOAS_CHANGE_PROCESS"));
    names.put(IommufdHeader.IOMMU_VEVENTQ_ALLOC, List.of("IOMMU_VEVENTQ_ALLOC"));
    names.put(IommufdHeader.IOMMU_HW_QUEUE_ALLOC, List.of("IOMMU_HW_QUEUE_ALLOC"));
    names.put(IommufdHeader.IOMMU_IOAS_NOIOMMU_GET_PA, List.of("IOMMU_IOAS_NOIOMMU_GET_PA"));
    return names;
  }
}
