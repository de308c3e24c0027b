package busbar.machine.model;

import busbar.api.time.Timing;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/** What the machine gives to one device. Any thread. */
@ProviderType
public interface ModelContext {
  /** The device's name on its bus. */
  String name();

  /** The model that the description names. */
  String model();

  /**
   * The description's other values for this device, as JSON types (String, Long, Boolean, List,
   * Map).
   */
  Map<String, Object> properties();

  /**
   * The size of a region in bytes, 0 if the device has none of that number; see {@link Regions}.
   */
  long regionSize(int region);

  /** The option ROM's contents, empty if there is none. */
  byte[] rom();

  /** Configuration space as hardware has it now (PCI only): unsigned, width 1, 2 or 4. */
  int config(int offset, int width);

  /** Changes read-only configuration space (PCI only), e.g. a status bit. */
  void setConfig(int offset, int width, int value);

  /** Memory as the device sees it, through the IOMMU. */
  DmaPort dma();

  /**
   * Raises or lowers a level or edge line: PCI INTx is line 0; platform devices have one for each
   * interrupt.
   */
  void setLine(int line, Level level);

  /** Levels of a line. */
  enum Level {
    LOW,
    HIGH
  }

  /**
   * Sends a message interrupt: MSI-X if that is on, else MSI. Masked vectors become pending,
   * vectors that are off send nothing.
   *
   * @return whether a message capability is on; if not, a device falls back to its line
   */
  boolean message(int vector);

  /** Whether MSI or MSI-X is on. */
  boolean messagesEnabled();

  /** The machine's time. */
  Timing timing();

  /**
   * The byte order of the board's processor bus. Nearly all devices have little-endian registers
   * and do not ask; a few, like edu, follow the board (big-endian on POWER). {@link DeviceModel}
   * gives and takes little-endian values in any case.
   */
  default ByteOrder boardByteOrder() {
    return ByteOrder.LITTLE_ENDIAN;
  }

  /**
   * Zeroed memory of the region's size that the machine keeps for as long as the device is there,
   * over exchanges of its model too: for a framebuffer that {@link DeviceModel#memory} shows.
   */
  default MemorySegment regionMemory(int region) {
    throw new UnsupportedOperationException("this context keeps no memory");
  }
}
