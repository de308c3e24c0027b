/** Time as drivers, models and the registry see it: injected, so that tests turn it by hand. */
@Export
@Version("1.0.0")
package busbar.api.time;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
