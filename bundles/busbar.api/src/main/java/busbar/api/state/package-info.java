/**
 * Device and backend state as it crosses a swap: versioned, self-describing, in types of this API
 * alone.
 */
@Export
@Version("1.0.0")
package busbar.api.state;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
