package busbar.api.admin;

import busbar.api.iommu.ReservedRegion;
import java.util.List;

/**
 * The isolation that a device has, as the directory {@code iommu_group} of a device shows it.
 *
 * @param id the group's number
 * @param name why it exists if no hardware made it ({@code "vfio-noiommu"}), else empty
 * @param type {@code "DMA"}, {@code "unknown"}, …
 * @param devices all members
 * @param reserved ranges of addresses that must not be mapped, sorted
 */
public record IommuGroupView(
    int id, String name, String type, List<String> devices, List<ReservedRegion> reserved) {}
