/**
 * Buses and the devices on them, as hardware providers (the simulated machine, the Linux host)
 * offer them.
 */
@Export
@Version("1.0.0")
package busbar.api.bus;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
