package busbar.machine.internal.pci;

import busbar.api.pci.PciSavedState;

/**
 * What of configuration space a driver's save and restore carries: header and known capabilities.
 */
final class SavedRegisters {
  private static final int HEADER_WORDS = 16;

  private SavedRegisters() {}

  static PciSavedState save(FunctionHardware function) {
    return new PciSavedState(function.config().bytes());
  }

  /** Writes back as the kernel does: capabilities, then the header from its end to the command. */
  static void restore(FunctionHardware function, PciSavedState state) {
    byte[] saved = state.config();
    Capabilities capabilities = function.capabilities();
    int express = capabilities.find(Capabilities.PCIE);
    if (express != 0) {
      boolean second = (word(saved, express) >>> 16 & 15) >= 2;
      int[] controls = second ? new int[] {8, 16, 24, 28, 40, 48, 56} : new int[] {8, 16, 24, 28};
      for (int control : controls) {
        put(function, express + control, 2, half(saved, express + control));
      }
    }
    int sriov = capabilities.findExtended(Capabilities.EXT_SRIOV);
    if (sriov != 0) {
      put(function, sriov + 0x10, 2, half(saved, sriov + 0x10));
      for (int bar = 0; bar < 6; bar++) {
        put(function, sriov + 0x24 + 4 * bar, 4, word(saved, sriov + 0x24 + 4 * bar));
      }
      // the page size of virtual functions
      put(function, sriov + 0x20, 4, word(saved, sriov + 0x20));
      put(function, sriov + 8, 2, half(saved, sriov + 8));
    }
    for (int i = HEADER_WORDS - 1; i >= 0; i--) {
      if (i != 1) {
        put(function, 4 * i, 4, word(saved, 4 * i));
      }
    }
    put(function, 4, 2, half(saved, 4));
  }

  private static void put(FunctionHardware function, int offset, int width, int value) {
    if (function.config().read(offset, width) != value) {
      function.writeConfig(offset, width, value);
    }
  }

  private static int word(byte[] bytes, int at) {
    return half(bytes, at) | half(bytes, at + 2) << 16;
  }

  private static int half(byte[] bytes, int at) {
    return bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8;
  }
}
