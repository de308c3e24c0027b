/**
 * The typed library for drivers in Java, on the client edge alone: containers, groups, devices,
 * regions, DMA buffers and interrupts, to be closed in any order.
 *
 * <p>{@link busbar.client.DeviceSession} opens a device in one call; the other types are what it is
 * made of. Every failure is a {@link busbar.api.VfioException} of the edge, unchanged. All types
 * may be used by many threads; closing twice is allowed.
 */
@Export
@Version("1.0.0")
package busbar.client;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
