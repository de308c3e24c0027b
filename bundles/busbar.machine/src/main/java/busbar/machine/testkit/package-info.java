/**
 * What a model's tests need in place of a machine: a context whose memory, time and interrupts a
 * test can see and turn.
 */
@Export
@Version("1.0.0")
package busbar.machine.testkit;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
