/** The contract of mediated parents: one device that is handed out as several. */
@Export
@Version("1.0.0")
package busbar.api.mdev;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
