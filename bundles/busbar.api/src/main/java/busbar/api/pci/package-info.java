/**
 * PCI functions as hardware offers them to a bus driver, and what the PCI core of an operating
 * system does for drivers.
 */
@Export
@Version("1.0.0")
package busbar.api.pci;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
