package busbar.model.e1000e;

import busbar.machine.model.ModelContext;
import busbar.model.e1000e.InterruptUnit.Mode;

/** What the model takes from configuration space: how the function interrupts, and its address. */
final class FunctionConfig {
  private static final int CAPABILITIES = 0x34;
  private static final int MSI = 0x05;
  private static final int MSIX = 0x11;
  private static final int EXTENDED = 0x100;
  private static final int SERIAL_NUMBER = 0x0003;
  private static final byte[] DEFAULT_MAC = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

  private final ModelContext context;
  private final int msi;
  private final int msix;

  FunctionConfig(ModelContext context) {
    this.context = context;
    msi = capability(MSI);
    msix = capability(MSIX);
  }

  /** The mode in force; called without a lock. */
  Mode mode() {
    if (msix != 0 && (context.config(msix + 2, 2) & 0x8000) != 0) {
      return Mode.MSIX;
    }
    return msi != 0 && (context.config(msi + 2, 2) & 1) != 0 ? Mode.MSI : Mode.LINE;
  }

  /** The card's address, which its serial number is made of: 3 bytes, ff ff, 3 bytes. */
  byte[] mac() {
    int at = EXTENDED;
    for (int steps = 0; at >= EXTENDED && steps < 64; steps++) {
      int header = context.config(at, 4);
      if ((header & 0xffff) == SERIAL_NUMBER) {
        int low = context.config(at + 4, 4);
        int high = context.config(at + 8, 4);
        return new byte[] {
          (byte) (high >>> 24), (byte) (high >>> 16), (byte) (high >>> 8),
          (byte) (low >>> 16), (byte) (low >>> 8), (byte) low
        };
      }
      at = header >>> 20;
    }
    return DEFAULT_MAC.clone();
  }

  private int capability(int id) {
    int at = context.config(CAPABILITIES, 1) & 0xfc;
    for (int steps = 0; at != 0 && steps < 48; steps++) {
      if (context.config(at, 1) == id) {
        return at;
      }
      at = context.config(at + 1, 1) & 0xfc;
    }
    return 0;
  }
}
