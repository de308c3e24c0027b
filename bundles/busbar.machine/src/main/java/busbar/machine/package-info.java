/**
 * The simulated machine: memory, buses and IOMMU hardware, described by a JSON file. {@link
 * busbar.machine.Machine} works without OSGi; the bundle's component registers its parts as
 * services.
 */
@Export
@Version("1.0.0")
package busbar.machine;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
