/**
 * The contract of IOMMU backends, {@code struct vfio_iommu_driver_ops}, and the IOMMU hardware that
 * backends drive.
 */
@Export
@Version("1.0.0")
package busbar.api.iommu;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
