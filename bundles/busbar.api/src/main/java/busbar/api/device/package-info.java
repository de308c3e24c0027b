/**
 * The contract of bus drivers: {@code struct vfio_device_ops}, what binds a driver to a device, and
 * the optional capabilities beside it.
 */
@Export
@Version("1.0.0")
package busbar.api.device;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
