package busbar.load;

import busbar.api.admin.VfioAdmin;
import busbar.api.client.Vfio;
import busbar.api.memory.PhysicalMemory;
import busbar.api.swap.SwapAdmin;
import org.osgi.framework.BundleContext;

/** The edges of the appliance in which the load runs. */
record Place(
    BundleContext context, Vfio vfio, VfioAdmin admin, SwapAdmin swaps, PhysicalMemory memory) {}
