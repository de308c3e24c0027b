/**
 * The administration edge: bind, unbind, override, parameters, SR-IOV, mediated devices, accounting
 * and the reasons.
 */
@Export
@Version("1.0.0")
package busbar.api.admin;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
