/**
 * Memory: the address space of a client, the physical addresses of what is pinned in it, and who
 * pays for the pages.
 */
@Export
@Version("1.0.0")
package busbar.api.memory;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
