package busbar.api.pci;

import org.osgi.annotation.versioning.ConsumerType;

/** Vital product data of a function. */
@ConsumerType
public interface Vpd {
  /** Reads 4 bytes, little-endian; throws {@code EIO} if the device does not answer. */
  int read(int address);

  /** Writes 4 bytes; throws {@code EIO} if the device does not take them. */
  void write(int address, int value);
}
