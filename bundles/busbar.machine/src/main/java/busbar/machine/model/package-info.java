/**
 * What a device model is made of: a bundle registers a {@link
 * busbar.machine.model.DeviceModelFactory} service, and every device of a machine description that
 * names its model is made by it.
 */
@Export
@Version("1.0.0")
package busbar.machine.model;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
