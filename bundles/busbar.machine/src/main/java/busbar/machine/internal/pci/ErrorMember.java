package busbar.machine.internal.pci;

import busbar.api.pci.PciSavedState;
import busbar.machine.internal.iommu.DmaGroup;

/**
 * A function as the error handling of its endpoint resets it. The host restores what it assigned
 * (BARs, ROM, line) and enables the function again; the rest is as after power-on.
 */
record ErrorMember(PciFunction function) implements DmaGroup.Member {
  private static final int FIRST_BAR = 0x10;
  private static final int LAST_BAR = 0x24;
  private static final int ROM = 0x30;
  private static final int CACHE_LINE = 0x0c;
  private static final int LINE = 0x3c;

  @Override
  public void resetHardware() {
    function.hardware().reset();
  }

  @Override
  public Runnable savedConfiguration() {
    PciSavedState saved = new PciSavedState(function.hardware().config().bytes());
    return () -> {
      for (int bar = FIRST_BAR; bar <= LAST_BAR; bar += 4) {
        restore(saved, bar, 4);
      }
      restore(saved, ROM, 4);
      restore(saved, CACHE_LINE, 2);
      restore(saved, LINE, 1);
      function.enable();
    };
  }

  private void restore(PciSavedState saved, int offset, int width) {
    int value = 0;
    for (int at = 0; at < width; at++) {
      value |= (saved.config()[offset + at] & 0xff) << 8 * at;
    }
    function.writeConfig(offset, width, value);
  }
}
