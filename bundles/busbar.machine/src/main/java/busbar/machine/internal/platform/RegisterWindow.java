package busbar.machine.internal.platform;

import busbar.api.memory.MmioWindow;
import busbar.machine.MachineDescription.Registers;
import java.lang.foreign.MemorySegment;

/** A range of registers at its physical address; the device's model is behind it. */
final class RegisterWindow implements MmioWindow {
  private final PlatformUnit unit;
  private final int region;
  private final Registers registers;

  RegisterWindow(PlatformUnit unit, int region, Registers registers) {
    this.unit = unit;
    this.region = region;
    this.registers = registers;
  }

  @Override
  public long physical() {
    return registers.start();
  }

  @Override
  public long size() {
    return registers.size();
  }

  @Override
  public long load(long offset, int width) {
    if (unit.isGone()) {
      return width == 8 ? -1 : (1L << 8 * width) - 1;
    }
    return unit.slot().read(region, offset, width);
  }

  @Override
  public void store(long offset, int width, long value) {
    if (!unit.isGone()) {
      unit.slot().write(region, offset, width, value);
    }
  }

  @Override
  public MemorySegment memory() {
    return unit.slot().memory(region);
  }
}
