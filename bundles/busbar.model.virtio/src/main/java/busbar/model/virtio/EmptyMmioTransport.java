package busbar.model.virtio;

import busbar.api.state.StateRecord;
import busbar.machine.model.AccessSizes;
import busbar.machine.model.DeviceModel;
import java.util.Map;

/**
 * A transport in memory that nothing is plugged into: it says what it is, and that there is no
 * device.
 */
final class EmptyMmioTransport implements DeviceModel {
  private static final String KIND = "virtio-mmio-empty";
  private static final int VERSION = 1;
  private static final AccessSizes SIZES = new AccessSizes(1, 8, 1, 4);

  @Override
  public long read(int region, long offset, int width) {
    return SIZES.read(
        offset,
        width,
        (at, size) ->
            switch ((int) at) {
              case MmioRegisters.MAGIC -> MmioRegisters.MAGIC_VALUE;
              case MmioRegisters.VERSION -> MmioRegisters.VERSION_LEGACY;
              case MmioRegisters.VENDOR -> MmioRegisters.VENDOR_VALUE;
              default -> 0;
            });
  }

  @Override
  public void write(int region, long offset, int width, long value) {}

  @Override
  public void reset() {}

  @Override
  public StateRecord save() {
    return new StateRecord(KIND, VERSION, Map.of());
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, VERSION);
  }

  @Override
  public void resume() {}

  @Override
  public void close() {}
}
