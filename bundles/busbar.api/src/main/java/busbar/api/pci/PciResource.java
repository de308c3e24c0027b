package busbar.api.pci;

/**
 * An address range that a PCI function decodes.
 *
 * @param index 0 to 5 a BAR, 6 the option ROM, 7 to 12 the BARs of virtual functions, 13 to 16
 *     bridge windows
 * @param start first address
 * @param end last address
 * @param flags {@code IORESOURCE_*} of the operating system
 */
public record PciResource(int index, long start, long end, long flags) {
  public static final long IO = 0x100;
  public static final long MEMORY = 0x200;
  public static final long PREFETCH = 0x2000;
  public static final long MEMORY_64 = 0x100000;

  /** In bytes. */
  public long size() {
    return end - start + 1;
  }

  public boolean isIo() {
    return (flags & IO) != 0;
  }

  public boolean isMemory() {
    return (flags & MEMORY) != 0;
  }

  public boolean is64Bit() {
    return (flags & MEMORY_64) != 0;
  }

  public boolean isPrefetchable() {
    return (flags & PREFETCH) != 0;
  }
}
