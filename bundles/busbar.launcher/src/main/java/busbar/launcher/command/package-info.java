/**
 * What a bundle registers to add a one-shot command to {@code ./busbar}: the launcher boots a
 * feature, waits for the command of the given name, runs it and exits with its status. The
 * launcher, which is no bundle, exports this package to the framework.
 */
@Export
@Version("1.0.0")
package busbar.launcher.command;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
