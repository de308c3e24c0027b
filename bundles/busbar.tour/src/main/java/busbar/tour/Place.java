package busbar.tour;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.iommu.Iommu;
import busbar.api.memory.PhysicalMemory;
import java.util.List;

/**
 * Where the tour goes.
 *
 * @param vfio the door for clients
 * @param admin the administration edge
 * @param memory to see that nothing stays pinned
 * @param iommus to see refused DMA
 * @param machine its name
 */
record Place(
    Vfio vfio, VfioAdmin admin, PhysicalMemory memory, List<Iommu> iommus, String machine) {}
