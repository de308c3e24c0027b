package busbar.pci;

/** A write to a capability that has effects beyond its bits. Called with the config lock held. */
@FunctionalInterface
interface ConfigWrites {
  /**
   * @param offset in the capability; the write does not leave it
   * @param width 1, 2 or 4; the position is a multiple of it
   */
  void write(ConfigSpace config, Capability capability, int offset, int width, int value);
}
