package busbar.machine.internal.pci;

import busbar.api.memory.MmioWindow;
import busbar.api.pci.LegacyVga;
import busbar.machine.model.Regions;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A legacy VGA range. */
record LegacyWindow(
    FunctionHardware function, int region, long physical, long size, BooleanSupplier decodes)
    implements MmioWindow {
  private static final int CLASS = 0x0a;
  private static final int CLASS_VGA = 0x0300;

  /** The ranges of a display adapter; empty for other devices. */
  static Optional<LegacyVga> of(FunctionHardware function) {
    if (function.config().read(CLASS, 2) != CLASS_VGA) {
      return Optional.empty();
    }
    Decoding decoding = function.decoding();
    return Optional.of(
        new LegacyVga(
            new LegacyWindow(function, Regions.VGA_MEMORY, 0xa0000, 0x20000, decoding::memory),
            new LegacyWindow(function, Regions.VGA_PORTS, 0x3b0, 0x30, decoding::ports)));
  }

  @Override
  public long load(long offset, int width) {
    if (!decodes.getAsBoolean() || function.migration().isStopped()) {
      return BarWindow.ones(width);
    }
    return function.slot().read(region, offset, width);
  }

  @Override
  public void store(long offset, int width, long value) {
    if (decodes.getAsBoolean() && !function.migration().isStopped()) {
      function.slot().write(region, offset, width, value);
    }
  }
}
