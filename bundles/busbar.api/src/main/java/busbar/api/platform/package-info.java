/** Platform and AMBA devices: registers and interrupts that firmware describes. */
@Export
@Version("1.0.0")
package busbar.api.platform;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
