package busbar.machine.internal.model;

import busbar.api.state.StateRecord;
import busbar.machine.model.DeviceModel;

/**
 * Sits in the place of a model whose bundle is being updated, and keeps its state for the next one.
 * Registers read as zero and take no stores; a reset makes the state worthless.
 */
final class ParkedModel implements DeviceModel {
  private volatile StateRecord state;

  @Override
  public long read(int region, long offset, int width) {
    return 0;
  }

  @Override
  public void write(int region, long offset, int width, long value) {}

  @Override
  public void reset() {
    state = null;
  }

  /** The predecessor's state, {@code null} if the device was reset since. */
  @Override
  public StateRecord save() {
    return state;
  }

  @Override
  public void restore(StateRecord predecessor) {
    state = predecessor;
  }

  @Override
  public void resume() {}

  @Override
  public void close() {}
}
