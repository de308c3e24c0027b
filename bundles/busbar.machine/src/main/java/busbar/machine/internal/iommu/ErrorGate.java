package busbar.machine.internal.iommu;

/** Whether hardware lets accesses through to a device, asked for each of them. */
public interface ErrorGate {
  /** Hardware that never cuts a device off. */
  ErrorGate OPEN =
      new ErrorGate() {
        @Override
        public boolean passesRegisters() {
          return true;
        }

        @Override
        public boolean passesConfig(int requester, Way way) {
          return true;
        }
      };

  /** The way of an access. */
  enum Way {
    LOAD,
    STORE
  }

  /** Loads that do not pass give ones, stores are dropped. */
  boolean passesRegisters();

  /**
   * As {@link #passesRegisters}, for configuration space.
   *
   * @param requester bus, device and function number of the one that is accessed
   */
  boolean passesConfig(int requester, Way way);
}
