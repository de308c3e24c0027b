package busbar.machine.internal.pci;

/** Which atomic operations of a function reach a completer at the root port. */
final class AtomicCompleter {
  private static final int ROUTING = 0x40;
  private static final int ROOT_PORT = 4;

  private AtomicCompleter() {}

  /** Bits 0 to 2: 32, 64 and 128 bits wide. */
  static int of(FunctionHardware function) {
    for (FunctionHardware port = function.above(); port != null; port = port.above()) {
      int express = port.capabilities().find(Capabilities.PCIE);
      if (express == 0) {
        return 0;
      }
      int second = port.config().read(express + 0x24, 4);
      if ((port.config().read(express + 2, 2) >> 4 & 15) == ROOT_PORT) {
        return second >> 7 & 7;
      }
      if ((second & ROUTING) == 0) {
        return 0;
      }
    }
    return 0;
  }
}
