/**
 * The user ABI of Linux VFIO and iommufd: the constants of {@code <linux/vfio.h>} and {@code
 * <linux/iommufd.h>} under their kernel names, one record per struct with its layout, decoder and
 * encoder, info capability chains, and the names of ioctls for messages. Whoever stands at the
 * {@code ioctl(cmd, arg)} edge, on either side, decodes here once and goes on with typed values.
 *
 * <p>Integers are host-endian and may be unaligned. Types narrower than 32 bits widen to a
 * non-negative {@code int}; {@code u32} and {@code u64} keep their bits in {@code int} and {@code
 * long}. Decoding or encoding outside a segment throws its {@link IndexOutOfBoundsException}:
 * callers compare sizes first and answer with the errno that the ioctl has for it.
 */
@Export
@Version("1.0.0")
package busbar.uapi;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
