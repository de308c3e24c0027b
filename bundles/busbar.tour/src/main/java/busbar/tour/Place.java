package busbar.tour;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.iommu.Iommu;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.SwapAdmin;
import java.util.List;
import org.osgi.framework.BundleContext;

/**
 * Where the tour goes.
 *
 * @param context to find the bundles that are updated
 * @param vfio the door for clients
 * @param admin the administration edge
 * @param swaps the edge on which drivers are exchanged
 * @param memory to see that nothing stays pinned
 * @param iommus to see refused DMA
 * @param machine its name
 */
record Place(
    BundleContext context,
    Vfio vfio,
    VfioAdmin admin,
    SwapAdmin swaps,
    PhysicalMemory memory,
    List<Iommu> iommus,
    String machine) {}
