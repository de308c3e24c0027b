/**
 * What tests of a driver, a backend or a mediated parent need to show that it can be exchanged
 * under open files: a second copy of it in a class loader of its own, the registry's part of a swap
 * step by step, records that are damaged in one place each, and a client that sends anything.
 */
@Export
@Version("1.0.0")
package busbar.conformance.swap;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
