/** Interrupts as hardware offers them to a bus driver. */
@Export
@Version("1.0.0")
package busbar.api.irq;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
