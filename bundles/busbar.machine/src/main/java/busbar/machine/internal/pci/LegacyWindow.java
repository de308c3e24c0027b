package busbar.machine.internal.pci;

import busbar.api.memory.MmioWindow;
import busbar.machine.model.DeviceModel;
import java.util.function.BooleanSupplier;

/** A legacy VGA range. */
record LegacyWindow(
    PciFunction function, int region, long physical, long size, BooleanSupplier decodes)
    implements MmioWindow {
  @Override
  public long load(long offset, int width) {
    if (!decodes.getAsBoolean()) {
      return BarWindow.ones(width);
    }
    DeviceModel model = function.slot().enter();
    try {
      return model.read(region, offset, width);
    } finally {
      function.slot().exit();
    }
  }

  @Override
  public void store(long offset, int width, long value) {
    if (!decodes.getAsBoolean()) {
      return;
    }
    DeviceModel model = function.slot().enter();
    try {
      model.write(region, offset, width, value);
    } finally {
      function.slot().exit();
    }
  }
}
