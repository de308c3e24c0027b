package busbar.machine.internal.model;

import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import java.util.Map;

/** What is left of a device that lost its model: nobody answers, so loads give ones. */
final class DeadModel implements DeviceModel {
  static final DeadModel INSTANCE = new DeadModel();

  private DeadModel() {}

  @Override
  public long read(int region, long offset, int width) {
    return width == 8 ? -1 : (1L << 8 * width) - 1;
  }

  @Override
  public void write(int region, long offset, int width, long value) {}

  @Override
  public void reset() {}

  @Override
  public StateRecord save() {
    return new StateRecord("dead", 1, Map.of());
  }

  @Override
  public void restore(StateRecord state) {}

  @Override
  public void resume() {}

  @Override
  public void close() {}
}
