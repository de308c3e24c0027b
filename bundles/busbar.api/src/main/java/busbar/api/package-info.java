/**
 * What both sides of every contract use: error numbers, the caller, eventfds and the argument of an
 * ioctl.
 */
@Export
@Version("1.0.0")
package busbar.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
