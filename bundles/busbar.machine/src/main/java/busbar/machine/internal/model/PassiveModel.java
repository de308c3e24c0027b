package busbar.machine.internal.model;

import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;
import java.util.Map;

/** A device without behaviour: registers read as zero and take no stores. */
public final class PassiveModel implements DeviceModel {
  private static final String KIND = "passive";

  @Override
  public long read(int region, long offset, int width) {
    return 0;
  }

  @Override
  public void write(int region, long offset, int width, long value) {}

  @Override
  public void reset() {}

  @Override
  public StateRecord save() {
    return new StateRecord(KIND, 1, Map.of());
  }

  @Override
  public void restore(StateRecord state) {
    state.expect(KIND, 1);
  }

  @Override
  public void resume() {}

  @Override
  public void close() {}
}
