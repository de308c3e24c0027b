/**
 * The user ABI of Linux VFIO and iommufd: the constants of {@code <linux/vfio.h>} and {@code
 * <linux/iommufd.h>} under their kernel names, one record per struct with its layout, decoder and
 * encoder, info capability chains, and the names of ioctls for messages. Whoever stands at the
 * {@code ioctl(cmd, arg)} edge, on either side, decodes here once and goes on with typed values.
 *
 * <p>Integers are host-endian and may be unaligned. {@code u8} and {@code u16} widen to a
 * non-negative {@code int}, and encoding keeps their low bits; {@code u32} and {@code u64} keep
 * their bits in {@code int} and {@code long}; an array is the bytes that it has in memory. Encoding
 * leaves the padding between fields alone.
 *
 * <p>Decoding or encoding outside a segment throws its {@link IndexOutOfBoundsException}, so
 * callers compare sizes first and answer with the errno that the ioctl has for it. {@code argsz}
 * allows a buffer that ends at {@code MIN_ARGSZ}, the size of the first ABI version: where {@code
 * SIZE} is larger, fields beyond the end of the buffer are not there to be decoded.
 */
@Export
@Version("1.0.0")
package busbar.uapi;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
