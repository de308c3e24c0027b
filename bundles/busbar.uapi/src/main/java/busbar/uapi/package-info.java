/** The VFIO user ABI: every constant and struct of {@code <linux/vfio.h>}, with encoders and decoders. */
package busbar.uapi;
