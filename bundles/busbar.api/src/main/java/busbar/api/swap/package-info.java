/**
 * Replacing a driver, a backend, a device model or a mediated parent while it is in use: who can
 * stand in for whom, what a swap would do, what swaps did.
 */
@Export
@Version("1.0.0")
package busbar.api.swap;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
