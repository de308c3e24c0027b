/**
 * The client edge: the same as the kernel's, below every convenience. One client, its file table,
 * its files and mappings.
 */
@Export
@Version("1.0.0")
package busbar.api.client;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
